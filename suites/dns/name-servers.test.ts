import { EMBEDDED_RESOLVER, hostsOwnResolver } from "../../helpers/expectations/resolver.ts";
import { noWayOut } from "../../helpers/expectations/way-out.ts";
import type { Facts } from "../../helpers/model/facts.ts";
import { isIpv6 } from "../../helpers/model/ipv6.ts";
import { resolvConf } from "../../helpers/probes/resolv-conf.ts";
import {
  bridge,
  busybox,
  cite,
  D1,
  D2,
  D3,
  engine,
  NotApplicable,
  requirement,
  stage,
  topology,
} from "../../helpers/requirement/index.ts";
import { deadServers, mustGetAnswers } from "../../helpers/requirement/name-servers.ts";

// The name servers that the host or the daemon names: do they answer containers as they answer the host? Any answer
// counts, refusals too, and each server is asked from the host at the same moment: one that is silent there as well is
// no concern of Docker's.

const plain = topology("dns-servers-plain", { containers: { container: busybox() } });
const own = topology("dns-servers-own", {
  networks: { own: bridge() },
  containers: { container: busybox({ on: "own" }) },
});
const open = topology("dns-servers-open", { containers: { container: busybox({ on: "host" }) } });

/**
 * The servers that programs on the default bridge ask; an IPv6 one is passed over at once where the bridge has no IPv6.
 * Where Docker opens no way out of the host only those on the host itself are its business.
 */
const onBridge = stage(plain, async ({ container }, { facts }) => {
  const { nameservers } = await resolvConf(container);
  const asked = nameservers.filter((server) => !isIpv6(server) || facts.defaultBridge?.ipv6 === true);
  const shut = noWayOut(facts, "default bridge");
  if (shut === null) return { container, servers: asked };
  const servers = asked.filter((server) => facts.host?.addresses.some(({ address }) => address === server));
  if (servers.length === 0) throw new NotApplicable(`${shut}, and no nameserver is on this host`);
  return { container, servers };
});

/** The engine's resolver, and the servers behind it. */
const behindResolver = stage(own, async ({ container }, { facts }) => {
  const servers = upstreamOf(facts);
  // 28.5 puts none there either, whatever it tells containers on the default bridge.
  if (servers.length === 0)
    throw new NotApplicable("neither the daemon nor the host names a nameserver, so none is known behind the resolver");
  return { container, servers, resolver: EMBEDDED_RESOLVER };
});

/** The servers that programs in host mode ask: the host's own, unless the daemon names others. */
const onHost = stage(open, async ({ container }) => ({
  container,
  servers: (await resolvConf(container)).nameservers,
}));

/** What the engine's resolver asks: the daemon's servers, else those that the host itself asks. */
function upstreamOf({ configuration, host }: Facts): readonly string[] {
  const lists = [configuration.dns, host === null ? [] : hostsOwnResolver(host).nameservers];
  return lists.find((list) => list !== undefined && list.length > 0) ?? [];
}

requirement(
  "DNS-18",
  {
    must: "A container on the default bridge MUST get an answer from each nameserver that answers the host, and from one at least where the host's own answer",
    from: [
      cite(
        "docs/network#dns-services",
        "Containers use the same DNS servers as the host by default, but you can override this with --dns.",
      ),
      D1("5.3"),
      D2("五.2"),
    ],
    needs: ["default bridge", "host view"],
    because: deadServers,
  },
  onBridge,
  async (asking, session) => await mustGetAnswers({ ...asking, transport: "UDP" }, session),
);

requirement(
  "DNS-19",
  {
    must: "A container on the default bridge MUST get the nameservers' answers over TCP as the host does: long ones come no other way",
    from: [D1("5.3"), engine("RFC 7766: DNS over TCP is not optional")],
    needs: ["default bridge", "host view"],
    because: deadServers,
  },
  onBridge,
  async (asking, session) => await mustGetAnswers({ ...asking, transport: "TCP" }, session),
);

requirement(
  "DNS-20",
  {
    must: "The engine's resolver MUST hand a container on a user-defined network the answers that the host gets",
    from: [
      cite(
        "docs/dns#upstream-servers",
        "Queries the embedded DNS server can't answer itself are forwarded to up to three upstream servers.",
      ),
      D2("五.2"),
    ],
    needs: ["host view"],
    because: deadServers,
  },
  behindResolver,
  async (asking, session) => await mustGetAnswers({ ...asking, transport: "UDP" }, session),
);

requirement(
  "DNS-21",
  {
    must: "The engine's resolver MUST hand on answers over TCP as well",
    from: [
      cite(
        "docs/dns#when-the-embedded-dns-server-is-used",
        "The embedded DNS server listens on 127.0.0.11, on both UDP and TCP port 53.",
      ),
      engine("RFC 7766: DNS over TCP is not optional"),
    ],
    needs: ["host view"],
    because: deadServers,
  },
  behindResolver,
  async (asking, session) => await mustGetAnswers({ ...asking, transport: "TCP" }, session),
);

requirement(
  "DNS-22",
  {
    must: "A container in host mode MUST get an answer from one at least of the nameservers that it is told to ask, where the host's own answer",
    from: [
      cite(
        "docs/network#dns-services",
        "Containers use the same DNS servers as the host by default, but you can override this with --dns.",
      ),
      D1("5.3"),
      D3("二.2"),
    ],
    needs: ["host view"],
    because: deadServers,
  },
  onHost,
  async (asking, session) => await mustGetAnswers({ ...asking, transport: "UDP" }, session),
);
