import type { Difference } from "./fingerprint.ts";

/** Devices of an engine: ends of veth pairs, bridges, dummies and VXLANs of its drivers, a parent's VLANs. */
const DEVICE = /^(veth|br-|docker|dm-|di-|vx-|ov-)|^[^ ]+\.\d+\b/;
/** The kernel's own chains, in which an engine puts rules, and the engine's. */
const CHAIN = /^(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING|DOCKER\S*)$/;

/**
 * Whether an engine may have made what differs on its host, or unmade it. On a host that lives, others change things
 * meanwhile that no event of the engine tells of: fail2ban bans an address, a VPN comes up, a DHCP lease is renewed, a
 * virtual machine starts. This project makes nothing but through the engine.
 * @param bridge the default bridge, which may have a name of the operator's
 */
export function engineMakes({ aspect, what }: Difference, bridge: string | undefined): boolean {
  const engineDevice = (name: string): boolean => name === bridge || DEVICE.test(name);
  switch (aspect) {
    case "links":
      return engineDevice(what.split(" ", 1)[0] ?? "");
    case "addresses":
      return engineDevice(/ on (\S+)$/.exec(what)?.[1] ?? "");
    case "routes":
      return engineDevice(/ dev (\S+)/.exec(what)?.[1] ?? "");
    case "firewall rules":
      return what.startsWith("nft ") ? !isPutBack(what, bridge ?? "docker0") : ofEngineChain(what);
    case "tracing":
      // Of the kernel, which other engines' runs share: this run's own carry its containers' ids.
      return false;
    default:
      return true;
  }
}

/** Rules in, declarations of, and jumps to chains that are somebody else's are somebody else's. */
function ofEngineChain(what: string): boolean {
  const rule = what.replace(/^ip6?tables-save /, "");
  const chain = /^(?:-A |:)(\S+)/.exec(rule)?.[1] ?? "";
  const target = / -[jg] (\S+)/.exec(rule)?.[1] ?? "";
  const foreignTarget = !/^(DOCKER|[A-Z0-9]+$)/.test(target) && target !== "";
  return CHAIN.test(chain) && !foreignTarget;
}

/**
 * Chains of the nftables backend that belong to no network, and what stands in it for the default bridge alone: where
 * somebody flushed the ruleset, dockerd puts it back piece by piece with the containers that come.
 */
function isPutBack(what: string, bridge: string): boolean {
  const line = what.split(" ").slice(3).join(" ");
  if (/^chain [^_]+$/.test(line)) return true;
  return line.includes(`__${bridge}`) && !/ [ds]?port | daddr /.test(line);
}
