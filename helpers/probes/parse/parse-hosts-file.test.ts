import fc from "fast-check";
import { expect, test } from "vitest";
import { captured } from "./captured/read-captured.ts";
import { parseHostsFile } from "./parse-hosts-file.ts";

test("what the Engine writes for a container with --add-host", () => {
  expect(parseHostsFile(captured("docker-20.10/hosts-client.txt"))).toEqual([
    { address: "127.0.0.1", names: ["localhost"] },
    { address: "::1", names: ["localhost", "ip6-localhost", "ip6-loopback"] },
    { address: "fe00::0", names: ["ip6-localnet"] },
    { address: "ff00::0", names: ["ip6-mcastprefix"] },
    { address: "ff02::1", names: ["ip6-allnodes"] },
    { address: "ff02::2", names: ["ip6-allrouters"] },
    { address: "192.0.2.9", names: ["extra"] },
    { address: "10.77.0.2", names: ["f475c1a57196"] },
    { address: "fd77::3", names: ["f475c1a57196"] },
  ]);
});

test("comments, blanks and an address without a name", () => {
  expect(parseHostsFile("# all\n\n 10.0.0.1\tweb   web.example # the server\n")).toEqual([
    { address: "10.0.0.1", names: ["web", "web.example"] },
  ]);
  expect(() => parseHostsFile("10.0.0.1 # nobody\n")).toThrow("the name is missing");
});

test("what is rendered is read back", () => {
  const names = fc.array(fc.domain(), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6()), names })), (entries) => {
      expect(parseHostsFile(entries.map((entry) => `${entry.address}\t${entry.names.join(" ")}\n`).join(""))).toEqual(
        entries,
      );
    }),
  );
});
