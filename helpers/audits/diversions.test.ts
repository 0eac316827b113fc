import { expect, test } from "vitest";
import { readNft } from "../snapshot/firewall/read-nft.ts";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

type Shop = ReturnType<typeof shop>;

/** What is told of a healthy shop with these rules before the engine's own. */
function told(rules: readonly string[], alter: (snapshot: Shop) => void = () => {}) {
  const snapshot = shop();
  const isNat = (rule: string): boolean => !/INPUT|TPROXY/.test(rule);
  const handed = rules.filter((rule) => rule.includes("TPROXY"));
  const mangle = ["*mangle", ":PREROUTING ACCEPT [0:0]", ...handed, "COMMIT", ""].join("\n");
  const chains = new Set(rules.flatMap((rule) => /^-A ([A-Z]+-?[A-Z-]*)/.exec(rule)?.[1] ?? []));
  const declared = [...chains]
    .filter((name) => !["PREROUTING", "INPUT"].includes(name))
    .map((name) => `:${name} - [0:0]`);
  const added = [...declared, ...rules.filter(isNat), ""].join("\n");
  const text = RULES.replace(/\*nat\n(:.*\n)*/, (head) => head + added).replace("-A FORWARD -j DOCKER-USER", (line) =>
    [...rules.filter((rule) => rule.includes("INPUT")), line].join("\n"),
  );
  snapshot.host.filters = filtering(text + mangle) as typeof snapshot.host.filters;
  alter(snapshot);
  const { deviations, notes } = audit(snapshot);
  return {
    claims: deviations.map(({ claim, subject }) => `${claim} ${"name" in subject ? subject.name : subject.kind}`),
    whats: [...new Set(deviations.map(({ reason }) => reason.what))],
    effects: deviations.map(({ effect }) => effect),
    notes: [...new Set(notes.map(({ what }) => what))],
  };
}

const HANDED =
  "-A PREROUTING -p tcp -m tcp --dport 443 -j TPROXY --on-port 3129 --on-ip 0.0.0.0 --tproxy-mark 0x1/0xffffffff";
const HTTPS = "-A PREROUTING -i docker0 -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 3128";

function listening(address: string, port: number, protocol: "tcp" | "udp" = "tcp") {
  return ({ host }: Shop): void => {
    const [socket] = host.sockets;
    if (socket === undefined) throw new Error("somebody listens");
    host.sockets.push({ ...socket, protocol, local: { address, port } });
  };
}

test("what containers send is led to a port of the host where nobody listens: the rule is named", () => {
  const { claims, whats, effects, notes } = told([HTTPS]);
  expect(claims).toEqual(["LIVE-07 bridge"]);
  expect(whats).toEqual([
    `A rule that is not the engine's leads what containers send to port 443/tcp to port 3128 of this host, where nobody listens: \`iptables -t nat ${HTTPS}\`.`,
  ]);
  expect(effects).toEqual(["web gets no answer at port 443/tcp beyond this host."]);
  expect(notes).toEqual([]);
});

test.each<[string, string[], (snapshot: Shop) => void]>([
  ["somebody listens at every address", [HTTPS], listening("0.0.0.0", 3128)],
  ["somebody listens at every address of both families", [HTTPS], listening("::", 3128)],
  ["somebody listens at the bridge's own address", [HTTPS], listening("172.17.0.1", 3128)],
  ["they are handed to who listens", [HANDED], listening("0.0.0.0", 3129)],
  [
    "they are handed to who listens on the loopback",
    [HANDED.replace("0.0.0.0", "127.0.0.1")],
    (s) => {
      listening("127.0.0.1", 3129)(s);
      for (const name of ["docker0", "all"]) s.host.sysctls[`ipv4/conf/${name}/route_localnet`] = "0";
    },
  ],
  [
    "names are asked of a server on the host",
    ["-A PREROUTING -i docker0 -p udp -m udp --dport 53 -j REDIRECT --to-ports 5300"],
    listening("0.0.0.0", 5300, "udp"),
  ],
  ["a range of ports", ["-A PREROUTING -i docker0 -p tcp -j REDIRECT --to-ports 4000-4010"], () => {}],
  ["what comes from elsewhere", ["-A PREROUTING -i eth0 -p tcp --dport 443 -j REDIRECT --to-ports 9"], () => {}],
  [
    "what is for this host alone",
    ["-A PREROUTING -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 7777 -j REDIRECT --to-ports 9"],
    () => {},
  ],
  [
    "by chance",
    ["-A PREROUTING -p tcp -m statistic --mode random --probability 0.5 -j REDIRECT --to-ports 9"],
    () => {},
  ],
  [
    "a machine of the LAN",
    ["-A PREROUTING -i docker0 -p tcp --dport 80 -j DNAT --to-destination 192.0.2.9:3128"],
    () => {},
  ],
  [
    "a container that listens",
    ["-A PREROUTING -i br-fc57f91b6867 -p tcp --dport 443 -j DNAT --to-destination 172.17.0.2:80"],
    () => {},
  ],
  [
    "the host's loopback, to which the kernel lets it",
    ["-A PREROUTING -i docker0 -p tcp --dport 443 -j DNAT --to-destination 127.0.0.1:3128"],
    (s) => {
      listening("127.0.0.1", 3128)(s);
      s.host.sysctls["ipv4/conf/docker0/route_localnet"] = "1";
    },
  ],
  [
    "a cluster's service of which the rule alone knows",
    [
      "-A PREROUTING -j KUBE-SERVICES",
      "-A KUBE-SERVICES -d 10.43.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-A",
      "-A KUBE-SVC-A -j KUBE-SEP-A",
      "-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 192.0.2.10:6443",
    ],
    () => {},
  ],
])("nothing is told: %s", (_, rules, alter) => {
  expect(told(rules, alter)).toEqual({ claims: [], whats: [], effects: [], notes: [] });
});

test.each<[string, string[], (snapshot: Shop) => void, RegExp]>([
  [
    "everything",
    ["-A PREROUTING -i docker0 -p tcp -j REDIRECT --to-ports 9"],
    () => {},
    /port 443\/tcp to port 9 of this host, where nobody/,
  ],
  [
    "a chain of its own, several ports",
    [
      "-A PREROUTING -i docker0 -p tcp -m multiport --dports 8000:8080,80 -j PROXY",
      "-A PROXY -j REDIRECT --to-ports 9",
    ],
    () => {},
    /port 80\/tcp to port 9 of this host, where nobody listens: `iptables -t nat -A PROXY/,
  ],
  [
    "a REDIRECT to who listens on the loopback alone",
    [HTTPS],
    listening("127.0.0.1", 3128),
    /port 3128 of this host, where somebody listens on 127\.0\.0\.1 only/,
  ],
  [
    "the host's loopback, which the kernel refuses",
    ["-A PREROUTING -i docker0 -p tcp --dport 443 -j DNAT --to-destination 127.0.0.1:3128"],
    (s) => {
      listening("127.0.0.1", 3128)(s);
      for (const name of ["docker0", "all"]) s.host.sysctls[`ipv4/conf/${name}/route_localnet`] = "0";
    },
    /the kernel takes nothing that comes in by docker0/,
  ],
  [
    "they are handed to a proxy that has ended",
    [HANDED],
    () => {},
    /port 443\/tcp to port 3129 of this host, where nobody listens: `iptables -t mangle .*TPROXY/,
  ],
  [
    "an address that no container has any more",
    ["-A PREROUTING -i docker0 -p tcp --dport 443 -j DNAT --to-destination 10.44.0.99:3128"],
    () => {},
    /to 10\.44\.0\.99:3128, where no container is/,
  ],
  [
    "a container that listens elsewhere",
    ["-A PREROUTING -i docker0 -p tcp --dport 443 -j DNAT --to-destination 10.44.0.2:3128"],
    () => {},
    /to 10\.44\.0\.2:3128, where nobody listens in container api/,
  ],
  [
    "the name server of containers alone",
    ["-A PREROUTING -d 192.0.2.53/32 -p udp -m udp --dport 53 -j REDIRECT --to-ports 5300"],
    () => {},
    /to 192\.0\.2\.53:53\/udp to port 5300 of this host, where nobody listens/,
  ],
  [
    "somebody listens, and a rule keeps containers from it",
    [HTTPS, "-A INPUT -i docker0 -p tcp -m tcp --dport 3128 -j DROP"],
    listening("0.0.0.0", 3128),
    /stops packets of containers: `iptables -t filter -A INPUT -i docker0 -p tcp -m tcp --dport 3128 -j DROP`/,
  ],
])("it is a breach: %s", (_, rules, alter, what) => {
  const { claims, whats, notes } = told(rules, alter);
  expect(notes).toEqual([]);
  expect(new Set(claims.map((claim) => claim.split(" ")[0]))).toEqual(new Set(["LIVE-07"]));
  expect(whats).toEqual([expect.stringMatching(what)]);
});

test("rules that lead to the same place are one act", () => {
  const both = ["udp", "tcp"].map(
    (protocol) => `-A PREROUTING -p ${protocol} -m ${protocol} --dport 53 -j DNAT --to-destination 172.17.0.99:53`,
  );
  const { whats, effects, notes } = told(both);
  const shown = both.map((rule) => `\`iptables -t nat ${rule}\``).join(", ");
  expect(whats).toEqual([
    `Rules that are not the engine's lead what containers send to port 53/udp, 53/tcp to 172.17.0.99:53, where no container is: ${shown}.`,
  ]);
  expect(effects).toContain("web gets no answer at port 53/udp, 53/tcp beyond this host.");
  expect(notes).toEqual([]);
});

test("what only the rule tells of may be off on purpose: a note", () => {
  const { claims, notes } = told([
    "-A PREROUTING -d 169.254.170.2/32 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 51679",
  ]);
  expect(claims).toEqual([]);
  expect(notes).toEqual([
    expect.stringContaining("to 169.254.170.2:80/tcp to port 51679 of this host, where nobody listens"),
  ]);
});

test("one container's packets alone are diverted: it is named", () => {
  const { claims, effects } = told(
    ["-A PREROUTING -s 172.17.0.3/32 -p tcp --dport 443 -j REDIRECT --to-ports 9"],
    ({ containers }) => {
      const [web] = containers;
      if (web === undefined) throw new Error("there is one");
      const other = structuredClone(web);
      Object.assign(other, { name: "job", ports: [], bindings: [], inside: null });
      Object.assign(other.endpoints[0] ?? {}, { address: "172.17.0.3" });
      containers.push(other);
    },
  );
  expect(claims).toContain("LIVE-07 endpoint");
  expect(effects).toContain("job gets no answer at port 443/tcp beyond this host.");
});

test("rules of nftables, by a map, count alike", () => {
  const nft = {
    nftables: [
      { table: { family: "inet", name: "proxy", handle: 1 } },
      {
        chain: {
          family: "inet",
          table: "proxy",
          name: "pre",
          handle: 1,
          type: "nat",
          hook: "prerouting",
          prio: -110,
          policy: "accept",
        },
      },
      { chain: { family: "inet", table: "proxy", name: "https", handle: 2 } },
      {
        rule: {
          family: "inet",
          table: "proxy",
          chain: "pre",
          handle: 3,
          expr: [
            {
              vmap: {
                key: { payload: { protocol: "tcp", field: "dport" } },
                data: { set: [[443, { jump: { target: "https" } }]] },
              },
            },
          ],
        },
      },
      { rule: { family: "inet", table: "proxy", chain: "https", handle: 4, expr: [{ redirect: { port: 9 } }] } },
    ],
  };
  const { claims, whats } = told([], ({ host }) => {
    host.filters?.tables.push(...(readNft(JSON.stringify(nft), "") as never[]));
  });
  expect(new Set(claims)).toEqual(new Set(["LIVE-07 bridge", "LIVE-07 shop"]));
  expect(whats[0]).toContain("nft rule inet proxy https");
});

test("a published port that somebody else of this host serves is a note, and a breach where nobody does", () => {
  const rule = "-A PREROUTING -i eth0 -p tcp -m tcp --dport 18080 -j REDIRECT --to-ports 8443";
  const served = told([rule], listening("0.0.0.0", 8443));
  expect(served.claims).toEqual([]);
  expect(served.notes).toEqual([expect.stringContaining("to port 8443 of this host, where somebody listens")]);
  const lost = told([rule]);
  expect(lost.claims).toEqual(["LIVE-11 published port"]);
  expect(lost.whats).toEqual([
    expect.stringMatching(/port 8443 of this host, where nobody listens: `.*--to-ports 8443`/),
  ]);
});

test("under a healthy proxy that takes all of one port, the way out is still judged", () => {
  const { claims } = told([HTTPS], (snapshot) => {
    listening("0.0.0.0", 3128)(snapshot);
    for (const { name, chains } of snapshot.host.filters?.tables ?? [])
      for (const chain of chains) if (name === "nat" && chain.name === "POSTROUTING") chain.rules = [];
  });
  expect(claims).toContain("LIVE-08 bridge");
});

test("a container that leaves by another of its networks sends nothing by this one", () => {
  const { claims } = told([HTTPS], ({ containers }) => {
    for (const { inside } of containers) for (const route of inside?.defaults ?? []) route.gateway = "10.44.0.1";
  });
  expect(claims).toEqual([]);
});
