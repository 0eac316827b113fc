import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { ENABLED, UNIT_NAMES, unitsOf } from "./units.ts";

const ANALYZE = "/usr/bin/systemd-analyze";

/** What systemd has to say about units. The program has to be there: systemd looks for it. */
async function verified(program: (folder: string) => string, change: (text: string) => string = (text) => text) {
  const folder = await mkdtemp(join(tmpdir(), "units-"));
  try {
    const path = program(folder);
    await writeFile(path, "#!/bin/sh\n");
    await chmod(path, 0o755);
    const units = unitsOf({
      program: [path, "/opt/a b/dnc.js"],
      daemonJson: "/etc/docker/100%/daemon.json",
      reports: "/var/lib/docker-netcheck",
      environment: { DNC_WAIVERS: '/etc/a "b" $c/waivers.json' },
    });
    expect(Object.keys(units)).toEqual(UNIT_NAMES);
    for (const [name, text] of Object.entries(units)) await writeFile(join(folder, name), change(text));
    const files = UNIT_NAMES.map((name) => join(folder, name));
    const { exitCode, all } = await execa(ANALYZE, ["verify", "--man=no", ...files], { all: true, reject: false });
    return { exitCode, all };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test.skipIf(!existsSync(ANALYZE))("systemd-analyze verify has nothing against them", { timeout: 60_000 }, async () => {
  const odd = await verified((folder) => join(folder, "no de"));
  expect(odd).toEqual({ exitCode: 0, all: "" });
  const wrong = await verified(
    (folder) => join(folder, "node"),
    (text) => text.replace("OnCalendar=*-*-* 03:00:00", "OnCalendar=sometimes"),
  );
  expect(wrong.all).toContain("sometimes");
});

test("what they start, and when", () => {
  const units = unitsOf({
    program: ["/usr/bin/node", "/opt/dnc.js"],
    daemonJson: "/etc/docker/daemon.json",
    reports: "/reports",
    environment: {},
  });
  expect(units["docker-netcheck.service"]).toContain("ExecStart=/usr/bin/node /opt/dnc.js test\n");
  expect(units["docker-netcheck-quick.service"]).toMatch(
    /ExecStart=.* test --quick\n[\s\S]*WantedBy=docker\.service\n/,
  );
  expect(units["docker-netcheck-quick.path"]).toContain("PathChanged=/etc/docker/daemon.json\n");
  expect(units["docker-netcheck-quick.service"]).toContain("Environment=DNC_REPORTS=/reports/quick\n");
  for (const name of ENABLED) expect(units[name]).toContain("[Install]");
});
