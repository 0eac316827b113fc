import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Evidence } from "../model/evidence.ts";
import { type Classified, classifyHttp, classifyLookup, classifyPing, classifyTcp, classifyUdp } from "./classify.ts";
import { capturedEvidence } from "./parse/captured/read-captured.ts";

/** Situation → outcome, or outcome and kind. A list stands for the versions 1.35, 1.37 and 1.38 where they differ. */
type Expected = Readonly<Record<string, string | readonly [string, string, string]>>;

const NO_ROUTE = "unreachable: no route";
const HOST = "unreachable: host unreachable";
const OTHER = "unreachable: other";

const BUSYBOX: Readonly<Record<string, { classify: (evidence: Evidence) => Classified; expected: Expected }>> = {
  ping: {
    classify: classifyPing,
    expected: {
      replied: "replied",
      "replied-twice": "replied",
      "by-name": "replied",
      "ipv6-replied": "replied",
      "part-lost": "replied",
      dropped: "timed out",
      killed: "timed out",
      "w-flag-dropped": "timed out",
      "internal-network": "timed out",
      // BusyBox keeps silent about ICMP errors.
      rejected: "timed out",
      "admin-prohibited": "timed out",
      "nobody-owns-the-address": "timed out",
      "nobody-owns-the-address-patient": "timed out",
      "ipv6-nobody": "timed out",
      "no-route": NO_ROUTE,
      "route-unreachable": HOST,
      "route-blackhole": OTHER,
      "route-prohibit": OTHER,
      "ipv6-no-route": OTHER,
      "bad-name": "name not found",
      "bad-name-no-dns": "name not found",
      "dns-timed-out": "name not found",
      "bad-interface": "name not found",
      "output-dropped": OTHER,
      "output-rejected": OTHER,
      "no-raw-socket": "probe failed",
      "bad-option": "probe failed",
      "no-argument": "probe failed",
      "tool-missing": "probe failed",
      "applet-missing": "probe failed",
      "not-executable": "probe failed",
      "too-big-df": "probe failed",
    },
  },
  http: {
    classify: classifyHttp,
    expected: {
      replied: "replied",
      "replied-S": "replied",
      "replied-q-S": "replied",
      "by-name": "replied",
      "ipv6-replied": "replied",
      "no-content": "replied",
      "not-found": "replied",
      "not-found-S": "replied",
      spider: "replied",
      "server-error": "replied",
      "redirect-to-bad-name": "replied",
      "closed-port": "refused",
      rejected: "refused",
      "server-closes": "refused",
      "server-resets": "refused",
      "not-http": "refused",
      dropped: "timed out",
      "output-dropped": "timed out",
      "internal-network": "timed out",
      "mute-server": "timed out",
      "mute-server-killed": "timed out",
      "no-route": NO_ROUTE,
      // Version 1.35 ran without -T: it waited for ARP to fail.
      "nobody-owns-the-address": [HOST, "timed out", "timed out"],
      "ipv6-nobody": [HOST, "timed out", "timed out"],
      "nobody-owns-the-address-patient": HOST,
      "admin-prohibited": HOST,
      "route-unreachable": HOST,
      "route-blackhole": OTHER,
      "route-prohibit": OTHER,
      "ipv6-no-route": OTHER,
      "bad-name": "name not found",
      "bad-name-no-dns": "name not found",
      "dns-timed-out": "name not found",
      "bad-option": "probe failed",
      "bad-url": "probe failed",
      "tool-missing": "probe failed",
      // Debian's BusyBox 1.35 crashes on `wget -T`.
      "timeout-option": ["probe failed", "replied", "replied"],
    },
  },
  tcp: {
    classify: classifyTcp,
    expected: {
      replied: "replied",
      "by-name": "replied",
      "ipv6-replied": "replied",
      "mute-server": "replied",
      "closed-port": "refused",
      rejected: "refused",
      "output-rejected": "refused",
      dropped: "timed out",
      "dropped-killed": "timed out",
      "output-dropped": "timed out",
      "internal-network": "timed out",
      "nobody-owns-the-address": "timed out",
      // The neighbour was being looked for already when 1.37 and 1.38 asked: 2 s were enough.
      "ipv6-nobody": ["timed out", HOST, HOST],
      "dns-timed-out": "timed out",
      "no-route": NO_ROUTE,
      "nobody-owns-the-address-patient": HOST,
      "admin-prohibited": HOST,
      "route-unreachable": HOST,
      "route-blackhole": OTHER,
      "route-prohibit": OTHER,
      "ipv6-no-route": OTHER,
      "bad-name": "name not found",
      "bad-name-no-dns": "name not found",
      "bad-option": "probe failed",
      "bad-port": "probe failed",
      "tool-missing": "probe failed",
    },
  },
  udp: {
    classify: classifyUdp,
    expected: {
      replied: "replied",
      "replied-same-port": "replied",
      "by-name": "replied",
      "ipv6-replied": "replied",
      "error-answer": "replied",
      // tftp never learns of an ICMP port unreachable.
      "closed-port": "timed out",
      "closed-port-killed": "timed out",
      rejected: "timed out",
      "garbage-answer": "timed out",
      "mute-server": "timed out",
      dropped: "timed out",
      "internal-network": "timed out",
      "admin-prohibited": "timed out",
      "nobody-owns-the-address": "timed out",
      "ipv6-nobody": "timed out",
      "no-route": NO_ROUTE,
      "route-unreachable": HOST,
      "route-blackhole": OTHER,
      "route-prohibit": OTHER,
      "ipv6-no-route": OTHER,
      "bad-name": "name not found",
      "bad-name-no-dns": "name not found",
      "output-dropped": OTHER,
      "output-rejected": OTHER,
      "bad-option": "probe failed",
      "tool-missing": "probe failed",
    },
  },
  "udp-nslookup": {
    classify: classifyUdp,
    expected: {
      "dns-server-answers": "replied",
      "garbage-answer": "replied",
      "closed-port": "refused",
      "closed-port-killed": "refused",
      rejected: "refused",
      "silent-server": "timed out",
      dropped: "timed out",
      "dropped-killed": "timed out",
      "nobody-owns-the-address": "timed out",
      "no-route": NO_ROUTE,
      "route-unreachable": HOST,
      "route-blackhole": OTHER,
      "bad-name": "name not found",
      "output-dropped": OTHER,
      "output-rejected": OTHER,
    },
  },
  lookup: {
    classify: classifyLookup,
    expected: {
      answered: "replied",
      "full-name": "replied",
      "network-qualified": "replied",
      "type-a": "replied",
      "type-aaaa": "replied",
      "type-ptr": "replied",
      ptr: "replied",
      "ptr-six": "replied",
      "up-two": "replied",
      "up-six": "replied",
      "up-alias": "replied",
      "direct-two": "replied",
      "direct-six": "replied",
      "direct-alias": "replied",
      nxdomain: "name not found",
      "ptr-unknown": "name not found",
      // nslookup asks DNS only: no /etc/hosts.
      "extra-host": "name not found",
      localhost: "name not found",
      "type-mx": "name not found",
      "up-servfail": "name not found",
      "up-nx": "name not found",
      "up-refused": "name not found",
      "up-formerr": "name not found",
      "up-empty": "name not found",
      "direct-servfail": "name not found",
      "direct-nx": "name not found",
      "direct-refused": "name not found",
      "direct-formerr": "name not found",
      "direct-empty": "name not found",
      "server-bad-name": "name not found",
      "up-silent": "timed out",
      "direct-silent": "timed out",
      "upstream-silent": "timed out",
      // A search domain is asked about first, and its silence ends the look-up.
      "upstream-silent-container-name": "timed out",
      "server-dropped": "timed out",
      "server-nobody": "timed out",
      killed: "timed out",
      "server-rejected": "refused",
      "server-by-name": "refused",
      "server-no-route": NO_ROUTE,
      "no-dns-server": NO_ROUTE,
      "bad-option": "probe failed",
      "no-argument": "probe failed",
      "tool-missing": "probe failed",
    },
  },
};

function shown({ outcome, unreachable }: Classified): string {
  return unreachable === undefined ? outcome : `${outcome}: ${unreachable}`;
}

describe.each(Object.entries(BUSYBOX))("%s", (kind, { classify, expected }) => {
  test.each(["1.35", "1.37", "1.38"])("of BusyBox %s", (version) => {
    const evidence = [...capturedEvidence(`busybox-${version}/evidence-${kind}.json`)];
    const at = ["1.35", "1.37", "1.38"].indexOf(version);
    const wanted = Object.fromEntries(
      Object.entries(expected).map(([situation, outcome]) => [
        situation,
        typeof outcome === "string" ? outcome : outcome[at],
      ]),
    );
    expect(Object.fromEntries(evidence.map(([situation, seen]) => [situation, shown(classify(seen))]))).toEqual(wanted);
  });
});

test.each(["20221126", "20250605"])("ping of iputils %s", (version) => {
  const evidence = [...capturedEvidence(`iputils-${version}/evidence-ping.json`)];
  expect(Object.fromEntries(evidence.map(([situation, seen]) => [situation, shown(classifyPing(seen))]))).toEqual({
    replied: "replied",
    loopback: "replied",
    duplicates: "replied",
    "ipv6-replied": "replied",
    dropped: "timed out",
    killed: "timed out",
    // Unlike BusyBox, iputils does not mind what sendto says.
    "output-dropped": "timed out",
    rejected: "refused",
    "no-route": NO_ROUTE,
    "nobody-owns-the-address": HOST,
    "nobody-owns-the-address-three": HOST,
    "ipv6-nobody": HOST,
    "route-unreachable": HOST,
    "admin-prohibited": OTHER,
    "ttl-exceeded": OTHER,
    "route-blackhole": OTHER,
    "route-prohibit": OTHER,
    "ipv6-no-route": OTHER,
    "bad-name": "name not found",
    "bad-option": "probe failed",
  });
});

test("the detail quotes the decisive words", () => {
  const evidence = capturedEvidence("busybox-1.38/evidence-http.json");
  const detail = (situation: string): string => classifyHttp(evidence.get(situation) ?? expect.fail(situation)).detail;
  expect(detail("no-route")).toBe(
    `\`wget -q -O - -T 2 http://10.77.0.3/\` said "wget: can't connect to remote host (10.77.0.3): Network is unreachable".`,
  );
  expect(detail("tool-missing")).toContain("nosuchwget: not found");
});

const arbitraryEvidence = fc.record({
  vantage: fc.constant("here"),
  command: fc.string(),
  exitCode: fc.option(fc.integer({ min: 0, max: 255 })),
  timedOut: fc.boolean(),
  stdout: fc.string({ unit: "binary" }),
  stderr: fc.string({ unit: "binary" }),
  ms: fc.nat(),
});

test("any evidence gets an outcome, and unreachable ones a kind", () => {
  fc.assert(
    fc.property(
      arbitraryEvidence,
      fc.constantFrom(classifyHttp, classifyLookup, classifyPing, classifyTcp, classifyUdp),
      (evidence, classify) => {
        const { outcome, unreachable, detail } = classify(evidence);
        return detail !== "" && (outcome === "unreachable") === (unreachable !== undefined);
      },
    ),
  );
});

test("a missing tool, whatever it says, proves nothing", () => {
  fc.assert(
    fc.property(
      arbitraryEvidence,
      fc.constantFrom(126, 127),
      fc.constantFrom(classifyHttp, classifyLookup, classifyPing, classifyTcp, classifyUdp),
      (evidence, exitCode, classify) => {
        return classify({ ...evidence, exitCode, timedOut: false }).outcome === "probe failed";
      },
    ),
  );
});

test("silence until the deadline is timed out, whatever the tool", () => {
  for (const classify of [classifyHttp, classifyLookup, classifyPing, classifyTcp, classifyUdp]) {
    const evidence = {
      vantage: "here",
      command: "x",
      exitCode: null,
      timedOut: true,
      stdout: "",
      stderr: "",
      ms: 2000,
    };
    expect(classify(evidence).outcome).toBe("timed out");
  }
});
