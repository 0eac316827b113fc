import { expect, test } from "vitest";
import { parseProcNetIpv6Route } from "./parse-proc-net-ipv6-route.ts";

const NONE = "0".repeat(32);

/** Of a namespace of Linux 6.18 with a veth pair, one end of which has an address, a default route, and a blackhole. */
const CAPTURED = `20010db8000500000000000000000000 30 ${NONE} 00 ${NONE} 00000400 00000001 00000000 00200200       lo
fd000066000000000000000000000000 40 ${NONE} 00 ${NONE} 00000100 00000001 00000000 00000001       v0
fe800000000000000000000000000000 40 ${NONE} 00 ${NONE} 00000100 00000001 00000000 00000001       v0
${NONE} 00 ${NONE} 00 fd000066000000000000000000000001 00000400 00000001 00000000 00000003       v0
00000000000000000000000000000001 80 ${NONE} 00 ${NONE} 00000000 00000002 00000000 80200001       lo
fd000066000000000000000000000002 80 ${NONE} 00 ${NONE} 00000000 00000002 00000000 80200001       v0
ff000000000000000000000000000000 08 ${NONE} 00 ${NONE} 00000100 00000002 00000000 00000001       v0
${NONE} 00 ${NONE} 00 ${NONE} ffffffff 00000001 00000000 00200200       lo
`;

test("what leads somewhere, and what leads nowhere; the namespace's own and the kernel's last entry are none", () => {
  expect(
    parseProcNetIpv6Route(CAPTURED).map(
      ({ destination, prefix, gateway, interface: device }) => `${destination}/${prefix} ${gateway ?? "-"} ${device}`,
    ),
  ).toEqual(["2001:db8:5::/48 - *", "fd00:66::/64 - v0", "fe80::/64 - v0", "::/0 fd00:66::1 v0"]);
});

test("lines that are none are left out", () => {
  expect(parseProcNetIpv6Route("")).toEqual([]);
  expect(parseProcNetIpv6Route("cat: no such file\n")).toEqual([]);
  expect(parseProcNetIpv6Route(`${NONE} zz ${NONE} 00 ${NONE} 00000400 1 0 00000003 v0\n`)).toEqual([]);
  expect(parseProcNetIpv6Route(`${NONE.slice(1)} 00 ${NONE} 00 ${NONE} 00000400 1 0 00000003 v0\n`)).toEqual([]);
});
