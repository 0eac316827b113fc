import { bridge, busybox, chapter, stage, topology } from "../../../helpers/requirement/index.ts";

/** Containers started without any option but their network: what their inspect says is held against what they have. */
const started = topology("inspect-container", {
  networks: { app: bridge() },
  containers: {
    hosted: busybox<never>({ on: "host" }),
    plain: busybox(),
    member: busybox({ on: "app", expose: ["80/tcp"] }),
  },
});

/** What the engine says about each of them. */
export const inspected = stage(started, async ({ hosted, plain, member }) => {
  const [ofHosted, ofPlain, ofMember] = await Promise.all([hosted.inspect(), plain.inspect(), member.inspect()]);
  return { hosted, plain, member, ofHosted, ofPlain, ofMember };
});

export const onInspected = chapter({ given: inspected });
