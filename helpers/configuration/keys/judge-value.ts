import { cidr, isIpv4Cidr } from "../../model/cidr.ts";
import type { VersionedEngine } from "../../model/engine-version.ts";
import { isIpv4 } from "../../model/ipv4.ts";
import { isIpv6 } from "../../model/ipv6.ts";
import { has } from "../../model/version-switches.ts";

/** What is wrong with a value whose type is right. */
export interface ValueProblem {
  readonly message: string;
  /** dockerd does not start with it; false: it starts and takes nothing from it. */
  readonly refused: boolean;
}

/** What this engine has against a value of the right type; null when it takes it. */
export type Judge = (value: unknown, engine: VersionedEngine) => ValueProblem | null;

const refused = (message: string): ValueProblem => ({ message, refused: true });
const without = (message: string): ValueProblem => ({ message, refused: false });

/** An address as Go's net.ParseIP takes it: no prefix, no zone. */
function isAddress(text: string): boolean {
  return isIpv4(text) || (isIpv6(text) && !text.includes("%"));
}

function isIpv6Cidr(text: string): boolean {
  const [address = "", prefix = "", ...rest] = text.split("/");
  return (
    rest.length === 0 && isIpv6(address) && !address.includes("%") && /^\d{1,3}$/.test(prefix) && Number(prefix) <= 128
  );
}

export const address: Judge = (value) => {
  const text = String(value);
  if (text === "" || isAddress(text)) return null;
  return refused(
    text.includes("/")
      ? `${JSON.stringify(text)} is a network; an address without /prefix has to stand here`
      : `${JSON.stringify(text)} is not an IP address`,
  );
};

export const addresses: Judge = (value, engine) => {
  const decoded = has(engine, "dns-decoded-as-addresses");
  for (const text of value as string[]) {
    if (text === "" && decoded) return without('"" is no address: dockerd lets it stand');
    const problem = text === "" ? refused('"" is not an IP address') : address(decoded ? text : text.trim(), engine);
    if (problem !== null) return problem;
  }
  return null;
};

export const bip: Judge = (value) => {
  const text = String(value);
  if (text === "") return null;
  if (isIpv6Cidr(text)) return refused(`${JSON.stringify(text)} is IPv6; bip is docker0's IPv4 address`);
  if (!isIpv4Cidr(text))
    return refused(
      isIpv4(text)
        ? `${JSON.stringify(text)} has no /prefix: dockerd says "invalid CIDR address"`
        : `${JSON.stringify(text)} is no IPv4 address with /prefix such as "10.9.0.1/24"`,
    );
  const network = cidr(text);
  const own = text.split("/")[0];
  if (network.prefix < 31 && own === network.network)
    return refused(
      `${JSON.stringify(text)} is the address of the network itself; docker0 needs one of its hosts', ${network.host(1)}/${network.prefix} say`,
    );
  if (network.prefix < 31 && own === network.broadcast)
    return refused(`${JSON.stringify(text)} is the broadcast address of ${network}; docker0 needs one of its hosts'`);
  return null;
};

export const ipv6Interface: Judge = (value) => {
  const text = String(value);
  return text === "" || isIpv6Cidr(text)
    ? null
    : refused(`${JSON.stringify(text)} is no IPv6 address with /prefix such as "fd00:9::1/64"`);
};

export const ipv4Network: Judge = (value) => {
  const text = String(value);
  return text === "" || isIpv4Cidr(text)
    ? null
    : refused(`${JSON.stringify(text)} is no IPv4 network such as "10.9.0.0/25"`);
};

export const ipv6Network: Judge = (value) => {
  const text = String(value);
  return text === "" || isIpv6Cidr(text)
    ? null
    : refused(`${JSON.stringify(text)} is no IPv6 network such as "fd00:9::/64"`);
};

export const mtu: Judge = (value, engine) => {
  if (value === 0) return without("0 is dockerd's own word for not set: the default, 1500, holds");
  if (Number(value) < 0)
    return has(engine, "negative-mtu-refused")
      ? refused(`invalid default MTU: ${value}`)
      : without(`${value} is no MTU: the kernel refuses it`);
  return null;
};

/** A label and the labels after it as moby opts.ValidateDNSSearch has them (its optional colons are its own slip, and accepted). */
const DOMAIN =
  /^(:?(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))(:?\.(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])))*)\.?\s*$/;

export const searchDomains: Judge = (value) => {
  for (const raw of value as string[]) {
    const text = raw.replace(/^ +| +$/g, "");
    if (text === ".") continue;
    if (!/[a-zA-Z]/.test(text) || !DOMAIN.test(text)) return refused(`${JSON.stringify(raw)} is not a valid domain`);
  }
  return null;
};

export const pools: Judge = (value) => {
  for (const pool of value as { base?: string; size?: number }[]) {
    const base = pool.base ?? "";
    const bits = isIpv4Cidr(base) ? 32 : isIpv6Cidr(base) ? 128 : 0;
    const shown = JSON.stringify(pool);
    if (bits === 0)
      return refused(
        `the pool ${shown} has no network as base; it should look like {"base": "10.9.0.0/16", "size": 24}`,
      );
    const prefix = Number(base.split("/")[1]);
    if (pool.size === undefined || pool.size === 0)
      return refused(`the pool ${shown} has no size: the prefix length of the subnets that are cut from it`);
    if (pool.size < prefix)
      return refused(`the pool ${shown} can't be cut into subnets of /${pool.size}: they are larger than /${prefix}`);
    if (pool.size > bits) return refused(`the pool ${shown} has a size above ${bits}`);
  }
  return null;
};

export const hostGateways: Judge = (value, engine) => {
  const problem = addresses(value, engine);
  if (problem !== null) return problem;
  const list = value as string[];
  const ipv4 = list.filter((text) => isIpv4(text)).length;
  if (ipv4 > 1) return refused("only one IPv4 host gateway IP address can be specified");
  if (list.length - ipv4 > 1) return refused("only one IPv6 host gateway IP address can be specified");
  return null;
};

export const backend: Judge = (value) =>
  value === "" || value === "iptables" || value === "nftables"
    ? null
    : refused(`${JSON.stringify(value)}: allowed values are "iptables" and "nftables"`);
