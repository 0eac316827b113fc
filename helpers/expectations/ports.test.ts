import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { factsOf } from "../model/captured/facts.ts";
import { formatIpv4 } from "../model/ipv4.ts";
import files from "./captured/container-files.json" with { type: "json" };
import {
  expectedBindings,
  isEphemeralPort,
  parsePublish,
  portLines,
  publishedPorts,
  REJECTED_PUBLISH_FORMS,
  sameBinding,
} from "./ports.ts";

describe("-p", () => {
  test("reads each form", () => {
    const forms = [
      "80",
      "8080:80",
      "127.0.0.1:8080:80",
      "127.0.0.1::80",
      "0.0.0.0:8080:80",
      "8053:53/udp",
      "8080-8082:80-82",
    ];
    expect(forms.map(parsePublish)).toEqual([
      [{ hostIp: "", hostPort: null, containerPort: 80, protocol: "tcp" }],
      [{ hostIp: "", hostPort: 8080, containerPort: 80, protocol: "tcp" }],
      [{ hostIp: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "tcp" }],
      [{ hostIp: "127.0.0.1", hostPort: null, containerPort: 80, protocol: "tcp" }],
      [{ hostIp: "0.0.0.0", hostPort: 8080, containerPort: 80, protocol: "tcp" }],
      [{ hostIp: "", hostPort: 8053, containerPort: 53, protocol: "udp" }],
      [80, 81, 82].map((port) => ({ hostIp: "", hostPort: 8000 + port, containerPort: port, protocol: "tcp" })),
    ]);
    expect(parsePublish("[::1]:8080:80")).toEqual([
      { hostIp: "::1", hostPort: 8080, containerPort: 80, protocol: "tcp" },
    ]);
    for (const free of [":80", "::80"]) expect(parsePublish(free)).toEqual(parsePublish("80"));
    expect(parsePublish("[::1]::80")).toEqual([{ hostIp: "::1", hostPort: null, containerPort: 80, protocol: "tcp" }]);
  });

  test.each(REJECTED_PUBLISH_FORMS)("refuses $example: $why", ({ example }) => {
    expect(() => parsePublish(example)).toThrow(example);
  });

  test.each(["", "a:b:c:d", "8080:80/tcp/udp", "0:80", "[1.2.3.4]:80:80"])("refuses %j", (text) => {
    expect(() => parsePublish(text)).toThrow(RangeError);
  });

  test("reads back every address, port and protocol", () => {
    const port = fc.integer({ min: 1, max: 65535 });
    fc.assert(
      fc.property(
        fc.nat(0xffffffff).map(formatIpv4),
        port,
        port,
        fc.constantFrom("tcp", "udp", "sctp"),
        (ip, host, container, protocol) => {
          expect(parsePublish(`${ip}:${host}:${container}/${protocol}`)).toEqual([
            { hostIp: ip, hostPort: host, containerPort: container, protocol },
          ]);
        },
      ),
    );
  });

  test("becomes what container create needs", () => {
    expect(publishedPorts(["18080:80", "127.0.0.1::80", "8053:53/udp"])).toEqual({
      ExposedPorts: { "80/tcp": {}, "53/udp": {} },
      PortBindings: {
        "80/tcp": [
          { HostIp: "", HostPort: "18080" },
          { HostIp: "127.0.0.1", HostPort: "" },
        ],
        "53/udp": [{ HostIp: "", HostPort: "8053" }],
      },
    });
  });
});

describe("bindings", () => {
  const [open] = parsePublish("18080:80");
  const [loopback] = parsePublish("127.0.0.1:18081:80");
  if (open === undefined || loopback === undefined) throw new Error("unreadable example");

  test.each(Object.entries(files))(
    "are those that Engine %s shows for -p 18080:80 -p 127.0.0.1:18081:80",
    (version, { ports }) => {
      const facts = factsOf(version);
      const seen = ports["80/tcp"];
      expect(seen).toHaveLength(3);
      for (const publication of [open, loopback]) {
        const { binding, ipv6Entry } = expectedBindings(facts, publication);
        expect(seen.filter((entry) => sameBinding(entry, binding))).toHaveLength(1);
        const six = seen.filter((entry) => sameBinding(entry, { hostIp: "::", hostPort: binding.hostPort }));
        expect(ipv6Entry).toMatchObject({ known: true, value: six.length === 1 });
      }
    },
  );

  test("have an IPv6 twin only where the host has IPv6, and a proxy or a dual-stack network", () => {
    const twin = (configuration: object, host: object | null = {}, network = {}) =>
      expectedBindings(factsOf("28.5.2", configuration, host), open, network).ipv6Entry;
    expect(twin({})).toMatchObject({ value: true });
    expect(twin({}, { ipv6Enabled: false })).toMatchObject({ value: false });
    expect(twin({}, { ipv6Enabled: false, ipv6Loopback: true })).toMatchObject({ value: true });
    expect(twin({}, { ipv6Enabled: true, ipv6Loopback: false })).toMatchObject({ value: false });
    expect(twin({ "userland-proxy": false })).toMatchObject({ value: false });
    expect(twin({ "userland-proxy": false }, {}, { ipv6: true })).toMatchObject({ value: true });
    expect(twin({}, null)).toMatchObject({ known: false });
    expect(twin({}, {}, { hostBindingIp: "127.0.0.1" })).toMatchObject({ value: false });
    expect(twin({}, {}, { hostBindingIp: "0.0.0.0" })).toMatchObject({ value: true });
  });

  test("go to the network's own default address", () => {
    expect(expectedBindings(factsOf("28.5.2"), open, { hostBindingIp: "192.0.2.10" }).binding).toEqual({
      hostIp: "192.0.2.10",
      hostPort: 18080,
    });
    expect(expectedBindings(factsOf("28.5.2"), loopback, { hostBindingIp: "192.0.2.10" }).binding.hostIp).toBe(
      "127.0.0.1",
    );
  });

  test("with a chosen port match any port", () => {
    expect(sameBinding({ HostIp: "0.0.0.0", HostPort: "32768" }, { hostIp: "0.0.0.0", hostPort: null })).toBe(true);
    expect(sameBinding({ HostIp: "0.0.0.0", HostPort: "" }, { hostIp: "0.0.0.0", hostPort: null })).toBe(false);
    expect(sameBinding({ HostIp: "0.0.0.0", HostPort: "81" }, { hostIp: "0.0.0.0", hostPort: 80 })).toBe(false);
    expect([32767, 32768, 60999, 61000].map((port) => isEphemeralPort(port, [32768, 60999]))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test("are printed in the ways of old and new CLIs", () => {
    expect(portLines(80, "tcp", "0.0.0.0", 18080)).toEqual(["80/tcp -> 0.0.0.0:18080"]);
    expect(portLines(80, "tcp", "::", 18080)).toEqual(["80/tcp -> [::]:18080", "80/tcp -> :::18080"]);
  });
});
