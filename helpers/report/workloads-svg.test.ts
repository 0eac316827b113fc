import { expect, test } from "vitest";
import { audit } from "../audits/judge.ts";
import { shop } from "../audits/testing/shop.ts";
import { drawnOf } from "./drawing-cards.ts";
import { place } from "./drawing-places.ts";
import { readXml } from "./testing/read-xml.ts";
import { workloadsReport } from "./workloads.ts";
import { workloadsSvg } from "./workloads-svg.ts";

function reported(breaks: (snapshot: ReturnType<typeof shop>) => void = () => undefined) {
  const snapshot = shop();
  breaks(snapshot);
  return workloadsReport({ judgement: { ...audit(snapshot), changed: [], unseen: [] }, snapshot }, new Date(0), null);
}

test("a name is text, whatever it is made of; the drawing is well-formed", () => {
  const svg = workloadsSvg(
    reported(({ containers }) => {
      const [web] = containers;
      if (web !== undefined) web.name = `</text><script>alert(1)</script>&"\u001b[31m\u202e`;
    }),
  );
  readXml(svg);
  expect(svg).not.toContain("<script");
  expect(svg).toContain("&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;");
});

test("what is broken is red: the container, the line to its network, and nothing else", () => {
  const drawn = drawnOf(
    reported(({ host }) => {
      for (const link of host.links) if (link.name === "veth200") link.master = null;
    }),
  );
  expect(drawn.edges.filter(({ broken }) => broken)).toHaveLength(1);
  expect(drawn.groups.flatMap(({ lines }) => lines).filter(({ state }) => state === "broken")).toMatchObject([
    { text: "api  10.44.0.2" },
  ]);
});

test("the same report is drawn in the same way, and no box lies on another", () => {
  const report = reported();
  const [network] = report.networks;
  if (network === undefined) throw new Error("the shop has networks");
  const many = {
    ...report,
    networks: Array.from({ length: 60 }, (_, index) => ({
      ...network,
      name: `net${index}`,
      containers: network.containers.map((container) => ({
        ...container,
        name: `c${index % 45}`,
        project: `p${index % 7}`,
      })),
    })),
  };
  expect(workloadsSvg(many)).toBe(workloadsSvg(many));
  const drawn = drawnOf(many);
  const size = { width: 200, height: 60 };
  const boxes = [
    ...place(drawn, new Map([...drawn.networks, ...drawn.groups].map(({ id }) => [id, size]))).boxes.values(),
  ];
  expect(boxes).toHaveLength(drawn.networks.length + drawn.groups.length);
  const meet = boxes.flatMap((one, index) =>
    boxes.slice(index + 1).filter((other) => Math.abs(one.x - other.x) < 200 && Math.abs(one.y - other.y) < 60),
  );
  expect(meet).toEqual([]);
});

test("of many containers in one box the broken ones are told, the others counted", () => {
  const report = reported();
  const [network] = report.networks;
  const [container] = network?.containers ?? [];
  if (network === undefined || container === undefined) throw new Error("the shop has a container");
  const containers = Array.from({ length: 40 }, (_, index) => ({
    ...container,
    name: `c${index}`,
    state: index === 33 ? ("broken" as const) : ("right" as const),
  }));
  const [group] = drawnOf({ ...report, networks: [{ ...network, containers }] }).groups;
  expect(group?.lines).toHaveLength(13);
  expect(group?.lines[0]).toMatchObject({ state: "broken", text: expect.stringContaining("c33") });
  expect(group?.lines.at(-1)?.text).toBe("28 more, none of them broken");
});

test("a network that nobody uses is drawn where there is no other", () => {
  const { networks, ...rest } = reported();
  const nobody = networks.map((network) => ({ ...network, containers: [] }));
  const [first] = nobody;
  if (first === undefined) return expect.fail("the shop has networks");
  expect(drawnOf({ ...rest, networks: nobody }).networks).toHaveLength(nobody.length);
  expect(drawnOf({ ...rest, networks: [first, ...networks] }).networks.map(({ name }) => name)).toEqual(
    networks.filter(({ containers }) => containers.length > 0).map(({ name }) => name),
  );
});
