import { busybox, chapter, cite, nginx, topology } from "../../../helpers/requirement/index.ts";

export const LINK_SHOWN = cite(
  "docs/none",
  "lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1000",
);

/** A container on `--network none` with nothing plugged into it, and the control on the default bridge. */
export const closed = topology("none", {
  containers: {
    alone: nginx({ on: "none" }),
    bridged: busybox(),
  },
});

export const onClosed = chapter({ given: closed });
