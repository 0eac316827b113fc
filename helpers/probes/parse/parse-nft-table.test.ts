import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { parseNftTables } from "./parse-nft-table.ts";
import { UnreadableOutput } from "./unreadable-output.ts";

const ENGINE = captured("nftables-1.1.7/nft-table-engine-29.7.txt");

describe("nft list table", () => {
  test("of an engine: both families, base chains and others, rules without their counts, jumps in maps", () => {
    const tables = parseNftTables(ENGINE);
    expect(tables.map(({ family, name }) => `${family} ${name}`)).toEqual(["ip docker-bridges", "ip6 docker-bridges"]);
    const chain = (name: string) => tables[0]?.chains.find((one) => one.name === name);
    expect(chain("raw-PREROUTING")).toEqual({
      name: "raw-PREROUTING",
      base: "type filter hook prerouting priority raw; policy accept;",
      rules: [
        'ip daddr 172.18.0.2 iifname != "br-f9eb8f27eed5" counter drop comment "DROP DIRECT ACCESS"',
        'iifname != "lo" ip daddr 127.0.0.1 tcp dport 8081 counter drop comment "DROP REMOTE LOOPBACK"',
      ],
    });
    expect(chain("filter-forward-in__docker0")?.base).toBeNull();
    expect(chain("nat-postrouting-in__docker0")?.rules).toEqual([]);
    expect(tables[0]?.sets.find(({ name }) => name === "filter-forward-in-jumps")?.elements).toEqual([
      '"br-f9eb8f27eed5" : jump filter-forward-in__br-f9eb8f27eed5',
      '"docker0" : jump filter-forward-in__docker0',
    ]);
    expect(tables[1]?.sets.map(({ elements }) => elements)).toEqual([[], [], [], []]);
  });

  test("prints the same with and without what was counted", () => {
    const [stateless] = parseNftTables(captured("nftables-1.1.7/nft-table-stateless-engine-29.7.txt"));
    expect(parseNftTables(ENGINE)[0]).toEqual(stateless);
  });

  test("of nothing is no table; what is cut short or was never a table is unreadable", () => {
    expect(parseNftTables("")).toEqual([]);
    expect(parseNftTables("table inet empty {\n}\n")).toEqual([
      { family: "inet", name: "empty", chains: [], sets: [] },
    ]);
    for (const text of [ENGINE.slice(0, 700), "Error: No such file or directory", "table ip x {\n\tnonsense\n}"])
      expect(() => parseNftTables(text), text.slice(-60)).toThrow(UnreadableOutput);
  });

  test("gives every element back, however the list is broken into lines", () => {
    const element = fc.constantFrom('"docker0" : jump a', "10.0.0.1", '"br-}x" : accept', "80 . 10.0.0.0/8", "{ 1 }");
    const lists = fc.array(element, { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(lists, fc.boolean(), (elements, broken) => {
        const list = elements.join(broken ? ",\n\t\t\t" : ", ");
        const text = `table ip t {\n\tmap m {\n\t\ttype ifname : verdict\n\t\telements = { ${list} }\n\t}\n}\n`;
        expect(parseNftTables(text)[0]?.sets[0]?.elements).toEqual(elements);
      }),
    );
  });
});
