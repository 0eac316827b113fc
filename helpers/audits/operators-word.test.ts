import { expect, test } from "vitest";
import { audit } from "./judge.ts";
import { filtering, RULES, shop } from "./testing/shop.ts";

/** What is told of a host with these chains and rules of the operator's, before the engine's own rules of the filter table. */
function told(chains: readonly string[], rules: readonly string[], readQueues: readonly number[] = []) {
  const snapshot = shop();
  const text = RULES.replace(":DOCKER-USER - [0:0]", (line) =>
    [line, ...chains.map((name) => `:${name} - [0:0]`)].join("\n"),
  ).replace("-A FORWARD -j DOCKER-USER", (line) => [...rules, line].join("\n"));
  snapshot.host.filters = { ...filtering(text), readQueues } as typeof snapshot.host.filters;
  const { deviations, notes } = audit(snapshot);
  return {
    claims: [...new Set(deviations.map(({ claim }) => claim))],
    notes: [...new Set(notes.map(({ what }) => what))],
  };
}

const PUBLISHED = "-d 172.16.0.0/12 -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN";

test("a chain that DOCKER-USER leads to is the operator's word, too (ufw-docker)", () => {
  const { claims, notes } = told(
    ["ufw-docker-logging-deny"],
    [
      "-A DOCKER-USER -s 10.0.0.0/8 -j RETURN",
      `-A DOCKER-USER ${PUBLISHED} -j ufw-docker-logging-deny`,
      "-A DOCKER-USER -j RETURN",
      "-A ufw-docker-logging-deny -j DROP",
    ],
  );
  expect(claims).toEqual([]);
  expect(notes).toEqual([
    expect.stringMatching(/^A rule that DOCKER-USER leads to \(ufw\) stops packets of containers/),
  ]);
});

test("the same rule in a chain that FORWARD leads to breaks published ports", () => {
  const { claims } = told(["deny"], [`-A FORWARD ${PUBLISHED} -j deny`, "-A deny -j DROP"]);
  expect(claims).toEqual(["LIVE-12"]);
});

test("a rule that lets some senders in alone says who may come; one that lets nobody in breaks", () => {
  const { claims, notes } = told([], [`-A FORWARD ! -s 10.0.0.0/8 -i eth0 ${PUBLISHED} -j DROP`]);
  expect(claims).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/^A rule that chooses senders stops/)]);
  expect(told([], [`-A FORWARD -i eth0 ${PUBLISHED} -j DROP`]).claims).toEqual(["LIVE-12"]);
});

test("what containers send is stopped by the operator's word in a chain behind DOCKER-USER, too", () => {
  const { claims, notes } = told(
    ["egress"],
    ["-A DOCKER-USER -i docker0 -o eth0 -j egress", "-A egress -d 10.0.0.0/8 -j RETURN", "-A egress -j REJECT"],
  );
  expect(claims).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/^A rule that DOCKER-USER leads to stops packets of containers/)]);
});

test("a queue whose reader may be missing, or that is read, shuts nothing; one that nobody reads does", () => {
  const rule = "-A FORWARD -j NFQUEUE --queue-num 3";
  expect(told([], [`${rule} --queue-bypass`])).toEqual({ claims: [], notes: [] });
  expect(told([], [rule], [3])).toEqual({ claims: [], notes: [] });
  expect(told([], [rule], [4]).claims).toEqual(["LIVE-07", "LIVE-12"]);
});

test("a list of senders stands before the rule that stops the others as they arrive; in FORWARD it hides nothing", () => {
  const list = (from: string) => [`-A ${from} -j list`, "-A list -s 10.0.0.0/8 -j RETURN", "-A list -i eth0 -j DROP"];
  const raw = RULES.replace(
    "*raw",
    `*mangle\n:PREROUTING ACCEPT [0:0]\n:list - [0:0]\n${list("PREROUTING").join("\n")}\nCOMMIT\n*raw`,
  );
  const snapshot = shop();
  snapshot.host.filters = filtering(raw) as typeof snapshot.host.filters;
  expect(audit(snapshot)).toMatchObject({ deviations: [], notes: [{}, {}, {}, {}] });
  expect(told(["list"], list("FORWARD")).claims).toContain("LIVE-12");
});

test("a rule that a program keeps and that takes a published port is changed there, and nobody is said to have left it", () => {
  const snapshot = shop();
  snapshot.host.filters = filtering(
    RULES.replace(
      "*nat",
      "*nat\n:PREROUTING ACCEPT [0:0]\n:CNI-HOSTPORT-DNAT - [0:0]\n:CNI-DN-1 - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n-A CNI-HOSTPORT-DNAT -j CNI-DN-1\n-A CNI-DN-1 -p tcp -m tcp --dport 18080 -j DNAT --to-destination 10.42.0.8:80",
    ),
  ) as typeof snapshot.host.filters;
  const [found] = audit(snapshot).deviations.filter(({ claim }) => claim === "LIVE-11");
  expect(found?.reason).toMatchObject({
    what: expect.stringContaining(
      "A rule of Kubernetes sends what is meant for port 18080/tcp of container web elsewhere",
    ),
    act: null,
    remedies: [{ commands: ["kubectl get services,pods --all-namespaces --output wide"] }],
  });
});

test("what a connection asked for is known behind its translation", () => {
  const rule = (match: string): string => `-A FORWARD -i eth0 -p tcp -m conntrack ${match} -j DROP`;
  expect(told([], [rule("--ctorigdstport 18080 --ctdir ORIGINAL")]).claims).toEqual(["LIVE-12"]);
  expect(told([], [rule("--ctorigdst 192.0.2.10 --ctorigdstport 18080")]).claims).toEqual(["LIVE-12"]);
  expect(told([], [rule("--ctorigdst 203.0.113.9")])).toEqual({ claims: [], notes: [] });
  expect(told([], [rule("--ctorigdstport 80")])).toEqual({ claims: [], notes: [] });
  const documented = "-A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 18080 -j DROP";
  expect(told([], [documented]).claims).toEqual([]);
  expect(told([], [documented]).notes.join()).toContain("A rule in DOCKER-USER stops packets of containers");
});

test("a rule that somebody put among the engine's own is told as theirs", () => {
  const lines = (table: "filter" | "nat", rule: string): string[] => {
    const snapshot = shop();
    // In front of the engine's rules of that chain.
    const [before = "", behind = ""] = RULES.split(`*${table}\n`);
    const text = `${before}*${table}\n${behind.replace(/^-A DOCKER /m, `${rule}\n-A DOCKER `)}`;
    snapshot.host.filters = filtering(text) as typeof snapshot.host.filters;
    const { deviations } = audit(snapshot);
    return [
      ...new Set(
        deviations.flatMap(({ reason }) => reason.remedies.flatMap((one) => ("commands" in one ? one.commands : []))),
      ),
    ];
  };
  expect(lines("filter", "-A DOCKER -i eth0 -j DROP")).toEqual(["iptables -t filter -D DOCKER -i eth0 -j DROP"]);
  expect(lines("filter", "-A DOCKER ! -s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j DROP")).toEqual([]);
  expect(lines("nat", "-A DOCKER -i eth0 -j RETURN")).toEqual(["iptables -t nat -D DOCKER -i eth0 -j RETURN"]);
  expect(lines("nat", "-A DOCKER -i docker0 -j RETURN")).toEqual([]);
});

test("a host that lets nothing in by its loopback does not reach published ports there", () => {
  const effects = (...rules: readonly string[]): string[] => {
    const snapshot = shop();
    snapshot.host.filters = filtering(
      RULES.replace("-A FORWARD", (line) => [...rules, line].join("\n")),
    ) as typeof snapshot.host.filters;
    return audit(snapshot).deviations.map(({ claim, effect }) => `${claim} ${effect}`);
  };
  const KNOWN = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
  expect(effects("-A INPUT -i lo -j DROP")).toEqual([
    "LIVE-12 Port 18080/tcp of container web is not reached by this host itself at 127.0.0.1.",
  ]);
  expect(effects("-A INPUT -i lo -p tcp -m tcp --dport 22 -j DROP")).toEqual([]);
  // docker-proxy's own connection to the container, and its answer.
  expect(effects("-A OUTPUT -o docker0 -j DROP")).toEqual([
    "LIVE-12 Port 18080/tcp of container web is not reached by this host itself at 127.0.0.1.",
  ]);
  expect(effects("-A INPUT -i docker0 -m conntrack --ctstate ESTABLISHED -j DROP")).toEqual([
    "LIVE-12 Port 18080/tcp of container web is not reached by this host itself at 127.0.0.1.",
  ]);
  expect(effects("-A INPUT -i docker0 -m conntrack --ctstate NEW -j DROP", "-A OUTPUT -o eth0 -j DROP")).toEqual([]);
  expect(effects("-A INPUT -i lo -j ACCEPT", KNOWN, "-A INPUT -j DROP").filter((one) => one.includes("127"))).toEqual(
    [],
  );
});

test("what a program keeps there is changed by that program", () => {
  const snapshot = shop();
  const ban = ["-A DOCKER-USER -j f2b-web", "-A f2b-web -s 172.17.0.2/32 -j REJECT"];
  const text = RULES.replace(":DOCKER-USER - [0:0]", (line) => `${line}\n:f2b-web - [0:0]`).replace(
    "-A FORWARD -j DOCKER-USER",
    (line) => [...ban, line].join("\n"),
  );
  snapshot.host.filters = filtering(text) as typeof snapshot.host.filters;
  const [note] = audit(snapshot).notes.filter(({ key }) => key.startsWith("operator's"));
  expect(note?.what).toContain("A rule that DOCKER-USER leads to (fail2ban) stops");
  expect(note?.todo).toContain("fail2ban-client unban");
});
