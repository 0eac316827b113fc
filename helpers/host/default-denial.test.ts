import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { quoted } from "../model/shell-words.ts";
import { testRun } from "../vantage/testing/test-run.ts";
import { DENIALS_OF_IPTABLES, defaultDenial, INPUT_CHAINS_OF_NFT } from "./default-denial.ts";

const captured = (name: string): string => readFileSync(new URL(`captured/${name}.txt`, import.meta.url), "utf8");

describe("what a host denies by default", () => {
  test.each([
    ["iptables-1.8.9-ufw-0.36.2", "chain INPUT has the policy DROP"],
    ["iptables-1.8.9-last-rule-rejects", "chain INPUT ends with REJECT for all that no rule before it accepts"],
    ["iptables-1.8.9-engine-20.10", null],
  ])("by iptables, %s", (name, wanted) => expect(defaultDenial(captured(name), "")).toBe(wanted));

  test.each([
    ["nft-1.0.6-policy-drop", "chain inbound of the nftables table inet firewall has the policy drop"],
    [
      "nft-1.0.6-workstation",
      "chain input of the nftables table inet filter ends with `drop` for all that no rule before it accepts",
    ],
    ["nft-1.0.6-drops-some", null],
  ])("by nftables, %s", (name, wanted) => expect(defaultDenial("", captured(name))).toBe(wanted));

  test("a chain that ends with DROP counts where INPUT leads to it whatever comes", () => {
    const dropping = "-A LOGDROP -j DROP\n";
    expect(defaultDenial(`:INPUT ACCEPT [0:0]\n-A INPUT -j LOGDROP\n${dropping}`, "")).toContain("ends with DROP");
    expect(defaultDenial(`:INPUT ACCEPT [0:0]\n-A INPUT -j other\n${dropping}`, "")).toBeNull();
    expect(
      defaultDenial(":INPUT ACCEPT [0:0]\n-A FORWARD -j REJECT --reject-with icmp-host-prohibited\n", ""),
    ).toBeNull();
  });

  test("so does one to which other chains lead whatever comes, unless they accept or return before (NixOS, Proxmox)", () => {
    const rules = (middle: string) =>
      `:INPUT ACCEPT [0:0]\n-A INPUT -j own\n-A own -j logged\n-A logged -j LOG\n${middle}-A logged -j refuse\n-A refuse -j DROP\n`;
    expect(defaultDenial(rules(""), "")).toBe("chain INPUT ends with DROP for all that no rule before it accepts");
    for (const target of ["ACCEPT", "RETURN"]) expect(defaultDenial(rules(`-A logged -j ${target}\n`), "")).toBeNull();
    expect(defaultDenial(":INPUT ACCEPT [0:0]\n-A INPUT -j a\n-A a -j b\n-A b -j a\n", "")).toBeNull();
    const chain = (name: string, ...lines: string[]) =>
      `table inet fw {\n\tchain ${name} {\n${lines.map((line) => `\t\t${line}\n`).join("")}\t}\n}\n`;
    const base = chain("input", "type filter hook input priority filter; policy accept;", "goto refuse");
    expect(defaultDenial("", base + chain("refuse", "counter packets 0 bytes 0 reject with tcp reset"))).toContain(
      "ends with `reject with tcp reset`",
    );
    expect(defaultDenial("", base + chain("refuse", "tcp dport 22 drop"))).toBeNull();
    expect(defaultDenial("", base + chain("refuse", "drop").replace("inet fw", "inet other"))).toBeNull();
  });

  test("a host without any filter denies nothing", () => expect(defaultDenial("", "")).toBeNull());
});

const run = await testRun();

describe.skipIf(run === null)("what a host is asked for", () => {
  afterAll(async () => await run?.end());

  test.each([
    [`grep -E '${DENIALS_OF_IPTABLES}'`, "iptables-save-1.8.9-ufw-0.36.2", "iptables-1.8.9-ufw-0.36.2"],
    [`awk '${INPUT_CHAINS_OF_NFT}'`, "nft-1.0.6-ruleset-policy-drop", "nft-1.0.6-policy-drop"],
  ])("%s is what tells", async (filter, whole, told) => {
    const lines = captured(whole).trimEnd().split("\n");
    const printing = `printf '%s\\n' ${lines.map(quoted).join(" ")}`;
    expect((await run?.view.ask(`${printing} | ${filter}`))?.stdout.trim()).toBe(captured(told).trim());
  });
});
