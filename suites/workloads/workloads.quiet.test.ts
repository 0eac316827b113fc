import { cite, D1, D2, D3, D4, engine } from "../../helpers/requirement/index.ts";
import { livingRequirement } from "../../helpers/requirement/living.ts";
import { APART, FORWARDED, LET_IN, MASQUERADED, TRANSLATED, WITHIN } from "./sources.ts";

/**
 * The living host: what runs here already, judged by reading only. Each claim's sentence stands with its audit, in
 * helpers/audits/deviation.ts; `npm run workloads` shows the same judgement with every remedy.
 */

// A container's own end.
livingRequirement("LIVE-01", [D1("bridge模式"), D4("Linux bridge"), engine("moby libnetwork/osl/interface_linux.go")]);
livingRequirement("LIVE-02", [
  D1("bridge模式"),
  D4("Linux bridge"),
  engine("moby libnetwork/drivers/bridge/bridge_linux.go"),
]);
livingRequirement("LIVE-03", [D1("bridge模式"), engine("moby libnetwork/osl/route_linux.go")]);
livingRequirement("LIVE-20", [D1("bridge模式"), engine("moby libnetwork/osl/namespace_linux.go")]);
livingRequirement("LIVE-04", [
  cite(
    "docs/network#container-networks",
    "you can attach a container to another container's networking stack directly, using the --network container:<name|id> flag format",
  ),
  D1("container模式"),
  D2("五"),
  engine("moby#26124"),
]);

// Its network.
livingRequirement("LIVE-05", [D1("bridge模式"), D3("二.1"), engine("moby#40217")]);
livingRequirement("LIVE-06", [D1("bridge模式"), engine("moby#46615")]);
livingRequirement("LIVE-07", FORWARDED);
livingRequirement("LIVE-08", MASQUERADED);
livingRequirement("LIVE-09", WITHIN);
livingRequirement("LIVE-10", APART);

// Its published ports.
livingRequirement("LIVE-11", TRANSLATED);
livingRequirement("LIVE-12", LET_IN);
livingRequirement("LIVE-13", [D1("5.1.1"), engine("moby cmd/docker-proxy")]);

// Names, and what all of them hang on.
livingRequirement("LIVE-14", [D2("五.2"), engine("moby libnetwork/resolver_unix.go")]);
livingRequirement("LIVE-15", [
  cite("docs/firewalls-28#docker-on-a-router", 'On Linux, Docker needs "IP Forwarding" enabled on the host.'),
  D1("bridge模式"),
]);
livingRequirement("LIVE-16", [engine("moby#32048")]);
livingRequirement("LIVE-17", [engine("moby daemon/start.go")]);
livingRequirement("LIVE-18", [D1("macvlan"), engine("docs.docker.com/engine/network/drivers/macvlan")]);
livingRequirement("LIVE-19", [D1("overlay"), engine("moby libnetwork/drivers/overlay/ov_network.go")]);
