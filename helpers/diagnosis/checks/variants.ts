import type { Deviation } from "../../audits/deviation.ts";
import { MISSING_RULES } from "../../cause/keys.ts";
import { type Mend, RESTART_ENGINE } from "../../cause/mend.ts";
import type { Program } from "../../snapshot/firewall/index.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { finding } from "../finding.ts";

/** The two of iptables' variants, each by what shows its tables where the plain name speaks for the other one. */
const VARIANTS = [
  { program: "iptables-nft", keeps: "nftables", now: "the legacy tables", name: "nft" },
  { program: "iptables-legacy", keeps: "the legacy tables", now: "nftables", name: "legacy" },
] as const satisfies readonly { readonly program: Program; readonly [word: string]: string }[];

/**
 * Whether `iptables` works on other tables than dockerd's rules are in: what it makes for new networks and containers
 * then lacks the chains it belongs to.
 */
export function checkVariants({ host }: Snapshot): Deviation[] {
  const chainsOf = (program: Program): number =>
    (host?.filters?.tables ?? [])
      .filter((table) => table.program === program && table.name === "nat")
      .flatMap(({ chains }) => chains)
      .filter(({ name }) => name === "DOCKER").length;
  const other = VARIANTS.find(({ program }) => chainsOf(program) > 0);
  if (other === undefined || chainsOf("iptables") > 0) return [];
  return [
    finding(
      "filter",
      "blocks",
      [],
      [],
      `\`iptables\` works on ${other.now} here, and Docker's rules are in ${other.keeps}: dockerd can't add what new networks and containers need.`,
      {
        group: MISSING_RULES,
        act: "Somebody switched iptables' variant (update-alternatives, an upgrade of the package) while dockerd ran.",
        evidence: [`${other.program} -t nat -S DOCKER: there`, "iptables -t nat -S DOCKER: no such chain"],
        mends: [back(other.name), RESTART_ENGINE],
        family: null,
      },
    ),
  ];
}

function back(variant: string): Mend {
  const commands = ["iptables", "ip6tables"].map(
    (program) => `update-alternatives --set ${program} $(command -v ${program}-${variant})`,
  );
  return {
    what: "switch back to the variant that dockerd's rules are in",
    commands,
    cost: "",
    check: "iptables --version",
  };
}
