import { expect, test } from "vitest";
import { audit } from "../audits/judge.ts";
import { shop } from "../audits/testing/shop.ts";
import { workloadsReport } from "./workloads.ts";
import { workloadsDrawing } from "./workloads-drawing.ts";
import { workloadsMarkdown } from "./workloads-markdown.ts";

test("the drawing has each network and container once, and what is broken in red", () => {
  const snapshot = shop();
  for (const link of snapshot.host.links) if (link.name === "veth200") link.master = null;
  const report = workloadsReport(
    { judgement: { ...audit(snapshot), changed: [], unseen: [] }, snapshot },
    new Date(),
    null,
  );
  const drawing = workloadsDrawing(report);
  expect(drawing).toContain('n0["bridge<br>docker0<br>172.17.0.0/16"]');
  expect(drawing.match(/:::broken/g)).toHaveLength(1);
  expect(drawing).toMatch(/\("api<br>10\.44\.0\.2<br>[^"]*"\):::broken/);
  expect(workloadsMarkdown(report)).toContain("```mermaid");
});
