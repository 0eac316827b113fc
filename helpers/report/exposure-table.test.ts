import { expect, test } from "vitest";
import { exposureOf } from "../audits/exposure.ts";
import { lookOf, recordedHosts } from "../audits/testing/recorded.ts";
import { EXPOSURE_HEAD, exposureRows, surpriseLines } from "./exposure-table.ts";

const [old, recent] = recordedHosts().map(({ recorded }) => exposureOf(lookOf(recorded)));

test("ports that fare alike are one row, with their network, their container and the deciding rule", () => {
  const rows = exposureRows(recent ?? []);
  expect(rows.every((row) => row.length === EXPOSURE_HEAD.length)).toBe(true);
  expect(rows.map((row) => row.slice(0, 6).join(" | "))).toContain(
    "store_default | store-api-1: 80/tcp (not published) | yes | yes | no | no",
  );
  expect(rows.length).toBeLessThan((recent ?? []).length);
});

test("surprises stand first, with the rules that let them in, and are a line each on the console", () => {
  expect(exposureRows(old ?? [])[0]?.slice(0, 2)).toEqual(["! bridge", "admin: 127.0.0.1:8182/tcp"]);
  expect(exposureRows(old ?? [])[0]?.[6]).toContain("--to-destination 172.17.0.3:80");
  expect(surpriseLines(old ?? [], 1)).toEqual([
    "Reached by machines that route packets for it to this host, though nobody published it to them: port 127.0.0.1:8182/tcp of container admin, … and 1 more.",
  ]);
  expect(surpriseLines(recent ?? [], 1)).toEqual([]);
});
