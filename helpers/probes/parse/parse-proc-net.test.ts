import { SocketAddress } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { addressOfBytes, bytesOfWords } from "./kernel-hex.ts";
import { parseProcNetDev } from "./parse-proc-net-dev.ts";
import { parseProcNetIfInet6 } from "./parse-proc-net-if-inet6.ts";
import { parseProcNetRoute } from "./parse-proc-net-route.ts";
import { parseProcNetTcp } from "./parse-proc-net-tcp.ts";
import { Words } from "./words.ts";

const byte = fc.integer({ min: 0, max: 255 });
const hex = (value: number, width: number): string => value.toString(16).toUpperCase().padStart(width, "0");
/** As the kernel prints it on a little-endian machine: each 32-bit word with its bytes turned round. */
const kernelHex = (bytes: readonly number[]): string =>
  bytes.map((_, at) => hex(bytes[at - (at % 4) + 3 - (at % 4)] ?? 0, 2)).join("");
const words = new Words("test", "");

describe("addresses in kernel hexadecimal", () => {
  test("known ones", () => {
    expect(addressOfBytes(bytesOfWords(words, "0B00007F", 4))).toBe("127.0.0.11");
    expect(addressOfBytes(bytesOfWords(words, "000077FD000000000000000003000000", 16))).toBe("fd77::3");
  });

  test("any address comes back", () => {
    fc.assert(
      fc.property(
        fc.array(byte, { minLength: 4, maxLength: 4 }),
        (bytes) => addressOfBytes(bytesOfWords(words, kernelHex(bytes), 4)) === bytes.join("."),
      ),
    );
    fc.assert(
      fc.property(fc.array(byte, { minLength: 16, maxLength: 16 }), (bytes) => {
        const address = addressOfBytes(bytesOfWords(words, kernelHex(bytes), 16));
        const full = bytes.map((value, at) => `${at > 0 && at % 2 === 0 ? ":" : ""}${hex(value, 2)}`).join("");
        expect(address).toBe(new SocketAddress({ address: full, family: "ipv6" }).address);
      }),
    );
  });
});

describe("/proc/net/route", () => {
  const up = { up: true, gateway: false, host: false, reject: false };

  test("of a container", () => {
    expect(parseProcNetRoute(captured("linux-6.18/proc-net-route-container.txt"))).toEqual([
      {
        interface: "eth0",
        destination: "0.0.0.0",
        prefix: 0,
        gateway: "10.77.0.1",
        metric: 0,
        flags: { ...up, gateway: true },
      },
      { interface: "eth0", destination: "10.77.0.0", prefix: 24, gateway: null, metric: 0, flags: up },
      {
        interface: "*",
        destination: "198.51.100.8",
        prefix: 32,
        gateway: null,
        metric: 0,
        flags: { ...up, host: true, reject: true },
      },
      {
        interface: "*",
        destination: "198.51.100.9",
        prefix: 32,
        gateway: null,
        metric: 0,
        flags: { ...up, host: true },
      },
      {
        interface: "*",
        destination: "198.51.100.10",
        prefix: 32,
        gateway: null,
        metric: 0,
        flags: { ...up, host: true, reject: true },
      },
    ]);
    expect(parseProcNetRoute(captured("linux-6.18/proc-net-route-container-none.txt"))).toEqual([]);
  });

  test("what is rendered is read back", () => {
    const quad = fc.array(byte, { minLength: 4, maxLength: 4 });
    const route = fc.record({
      device: fc.stringMatching(/^[a-z][a-z0-9]{0,14}$/),
      destination: quad,
      gateway: fc.option(quad),
      prefix: fc.nat(32),
      metric: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(route, { maxLength: 5 }), (routes) => {
        const lines = routes.map(({ device, destination, gateway, prefix, metric }) => {
          const mask = [0, 1, 2, 3].map((at) => 256 - 2 ** (8 - Math.max(0, Math.min(8, prefix - 8 * at))));
          return `${device}\t${kernelHex(destination)}\t${kernelHex(gateway ?? [0, 0, 0, 0])}\t${gateway === null ? "0001" : "0003"}\t0\t0\t${metric}\t${kernelHex(mask)}\t0\t0\t0   `;
        });
        const text = [
          "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   ",
          ...lines,
          "",
        ].join("\n");
        expect(parseProcNetRoute(text)).toEqual(
          routes.map(({ device, destination, gateway, prefix, metric }) => ({
            interface: device,
            destination: destination.join("."),
            prefix,
            gateway: gateway?.join(".") ?? null,
            metric,
            flags: { ...up, gateway: gateway !== null },
          })),
        );
      }),
    );
  });

  test("a mask with holes is refused", () => {
    expect(() =>
      parseProcNetRoute(
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t00000000\t0001\t0\t0\t0\tFF00FF00\n",
      ),
    ).toThrow("holes");
  });
});

describe("/proc/net/tcp and its kin", () => {
  test("connections of a client, IPv4 and IPv6 one after another", () => {
    const text = captured("linux-6.18/proc-net-tcp-client.txt") + captured("linux-6.18/proc-net-tcp6-client.txt");
    const sockets = parseProcNetTcp(text).map(
      ({ family, local, remote, state }) =>
        `${family} ${local.address} ${local.port} ${remote.address} ${remote.port} ${state}`,
    );
    expect(sockets).toEqual([
      "4 127.0.0.11 42155 0.0.0.0 0 LISTEN",
      "4 10.77.0.2 54630 10.77.0.4 81 SYN_SENT",
      "4 10.77.0.2 39062 10.77.0.3 81 ESTABLISHED",
      "4 10.77.0.2 52162 10.77.0.3 80 TIME_WAIT",
      "4 10.77.0.2 56010 10.77.0.3 81 FIN_WAIT2",
      "6 fd77::3 50210 fd77::2 81 ESTABLISHED",
      "6 fd77::3 57262 fd77::2 81 FIN_WAIT2",
    ]);
  });

  test("an IPv4 client of an IPv6 listener is told as IPv4", () => {
    const sockets = parseProcNetTcp(captured("linux-6.18/proc-net-tcp6-server.txt"));
    expect(sockets).toContainEqual({
      protocol: "tcp",
      family: 6,
      v4Mapped: true,
      local: { address: "10.77.0.3", port: 81 },
      remote: { address: "10.77.0.2", port: 56010 },
      state: "CLOSE_WAIT",
      uid: 0,
      inode: 226912,
    });
    expect(
      sockets
        .filter(({ state }) => state === "LISTEN")
        .map(({ local }) => local.port)
        .toSorted((a, b) => a - b),
    ).toEqual([80, 81, 82, 83, 84, 85, 86, 87]);
  });

  test("UDP servers", () => {
    const sockets = parseProcNetTcp(
      captured("linux-6.18/proc-net-udp-server.txt") + captured("linux-6.18/proc-net-udp6-server.txt"),
    );
    expect(new Set(sockets.map(({ protocol, state }) => `${protocol} ${state}`))).toEqual(new Set(["udp UNCONNECTED"]));
    expect(sockets.map(({ local }) => `${local.address} ${local.port}`)).toEqual([
      "0.0.0.0 53",
      "127.0.0.11 35507",
      ":: 69",
      ":: 70",
      ":: 71",
      ":: 72",
      ":: 73",
    ]);
  });

  test("no sockets", () => {
    expect(parseProcNetTcp(captured("linux-6.18/proc-net-tcp-container-none.txt"))).toEqual([]);
  });
});

describe("/proc/net/dev", () => {
  test("counters of a container", () => {
    const [lo, eth0, ...more] = parseProcNetDev(captured("linux-6.18/proc-net-dev-container.txt"));
    expect([lo?.interface, more]).toEqual(["lo", []]);
    expect(eth0).toMatchObject({
      interface: "eth0",
      received: { dropped: 0, multicast: 0 },
      transmitted: { collisions: 0 },
    });
    expect(eth0?.received.packets).toBeGreaterThan(0);
  });

  test("what is rendered is read back, also when a number touches the colon", () => {
    const [header] = /^.*\n.*\n/.exec(captured("linux-6.18/proc-net-dev-container.txt")) ?? [];
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat(), { minLength: 16, maxLength: 16 }), (counters) => {
        const [read] = parseProcNetDev(`${header}  eth0:${counters.join(" ")}\n`);
        expect([...Object.values(read?.received ?? {}), ...Object.values(read?.transmitted ?? {})]).toEqual(counters);
      }),
    );
  });
});

describe("/proc/net/if_inet6", () => {
  test("of a container with IPv6 and of one without", () => {
    expect(parseProcNetIfInet6(captured("linux-6.18/proc-net-if-inet6-container.txt"))).toEqual([
      {
        interface: "lo",
        index: 1,
        address: "::1",
        prefix: 128,
        scope: "host",
        tentative: false,
        duplicate: false,
        permanent: true,
      },
      {
        interface: "eth0",
        index: 10,
        address: "fe80::42:aff:fe4d:2",
        prefix: 64,
        scope: "link",
        tentative: false,
        duplicate: false,
        permanent: true,
      },
      {
        interface: "eth0",
        index: 10,
        address: "fd77::3",
        prefix: 64,
        scope: "global",
        tentative: false,
        duplicate: false,
        permanent: true,
      },
    ]);
    expect(parseProcNetIfInet6(captured("linux-6.18/proc-net-if-inet6-container-none.txt"))).toEqual([]);
  });
});
