/**
 * Judges three hosts of the lab in each way that there is for many: from here by their addresses and a docker context, as
 * a Swarm by `deploy/swarm.yml`, over ssh by `deploy/ansible.yml`. One is well, one broken, one has not got the image.
 * `node scripts/try-fleet.ts [tag] [engine] [engines,swarm,ansible]`; the image is made by `scripts/image.ts`. Writes
 * `reports/fleet.json`; exit code 0 only when the reports say of each host what it is.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "zx";
import { connect } from "../helpers/engine/connect.ts";
import { labEngines } from "../helpers/lab/engine-versions.ts";
import { Lab } from "../helpers/lab/lab.ts";
import type { LabHost } from "../helpers/lab/lab-host.ts";
import { PROJECT_ROOT } from "../helpers/project-root.ts";
import { conclude, judge } from "./trial.ts";

const [tag = "docker-network-conformance:latest", version = "28.5", ways = "engines,swarm,ansible"] =
  process.argv.slice(2);
const STRIKE = "iptables -I FORWARD -p udp --dport 53 -j DROP; iptables -t nat -F POSTROUTING";
const deployed = (name: string) => join(PROJECT_ROOT, "deploy", name);
const dnc = join(PROJECT_ROOT, "helpers/commands/dnc.ts");
/** Whether a report has each of the three hosts for what it is. */
function judgeReport(by: string, stdout: string, exitCode: number | null, begin: number): void {
  const fleet = JSON.parse(stdout) as { hosts: { name: string; verdict: string; causes: string[]; summary: string }[] };
  const of = (name: string) => fleet.hosts.find((host) => host.name.includes(name));
  const seen = JSON.stringify(fleet.hosts, null, 2);
  const took = `${((performance.now() - begin) / 1000).toFixed(0)} s`;
  judge(`${by}, ${took}: exit ${exitCode}`, exitCode === 1, seen);
  judge(`${by}: the one that is well`, ["conformant", "partial"].includes(of("well")?.verdict ?? ""), seen);
  judge(`${by}: the broken one, with its cause`, (of("broken")?.causes.length ?? 0) > 0, seen);
  judge(`${by}: the one without the image: ${of("empty")?.summary}`, of("empty")?.verdict === "not judged", seen);
}

/** What takes longer than a question to a host may. */
async function long(host: LabHost, line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.shell.act(line, { seconds: 300 });
  if (exitCode !== 0) throw new Error(`on ${host.name}, ${line}: ${stdout}${stderr}`);
  return stdout.trim();
}

/** From here: two by address, one by a context, one that does not answer, one context that there is not. */
async function fromHere(well: LabHost, broken: LabHost, empty: LabHost, folder: string): Promise<void> {
  const begin = performance.now();
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, DOCKER_CONFIG: join(folder, "docker"), DNC_REPORTS: folder, INIT_CWD: folder };
  await $({ env, quiet: true })`docker context create broken --docker host=${broken.url}`;
  await writeFile(
    join(folder, "hosts.txt"),
    `# a comment\n${well.url}\nbroken  # a context\n${empty.url}\ntcp://127.0.0.1:9\nno-such-context\n`,
  );
  const { stdout, exitCode } = await $({
    env,
    nothrow: true,
  })`${process.execPath} ${dnc} fleet --json --quick ${join(folder, "hosts.txt")}`;
  const { hosts } = JSON.parse(stdout) as {
    hosts: { name: string; verdict: string; causes: string[]; summary: string }[];
  };
  const verdict = (name: string) => hosts.find((host) => host.name === name)?.verdict ?? "";
  judge(
    `from here, ${((performance.now() - begin) / 1000).toFixed(0)} s: exit ${exitCode}; ${hosts.map((host) => `${host.name} ${host.verdict}`).join(", ")}`,
    exitCode === 1 &&
      hosts.length === 5 &&
      [well.url, empty.url].every((name) => ["conformant", "partial"].includes(verdict(name))) &&
      verdict("broken") === "not conformant" &&
      ["tcp://127.0.0.1:9", "no-such-context"].every((name) => verdict(name) === "not judged"),
    stdout,
  );
}

async function bySwarm(well: LabHost, others: readonly LabHost[], folder: string): Promise<void> {
  const begin = performance.now();
  await well.must(`docker swarm init --advertise-addr ${well.address}`);
  const token = await well.must("docker swarm join-token --quiet worker");
  for (const host of others)
    await host.must(`docker swarm join --advertise-addr ${host.address} --token ${token} ${well.address}`);
  for (const name of ["swarm.yml", "collect-swarm.sh"])
    await well.write(`/root/${name}`, await readFile(deployed(name), "utf8"));
  await well.must(
    `cd /root && NETCHECK_IMAGE=${tag} docker stack deploy --compose-file swarm.yml --resolve-image never netcheck 2>&1`,
  );
  const collected = await well.shell.act("cd /root && sh collect-swarm.sh netcheck_judge 200 2>&1", { seconds: 240 });
  const list = await well.must("cat /root/hosts.txt");
  await mkdir(join(folder, "results"), { recursive: true });
  for (const name of list.split("\n")) await writeFile(join(folder, name), await well.must(`cat /root/${name}`));
  await writeFile(join(folder, "hosts.txt"), list);
  const { stdout, exitCode } = await $({
    cwd: folder,
    nothrow: true,
  })`env INIT_CWD=${folder} DNC_REPORTS=${folder} ${process.execPath} ${dnc} fleet --json hosts.txt`;
  judge("the Swarm's results are collected", collected.exitCode === 0, collected.stdout);
  judgeReport("Swarm", stdout, exitCode, begin);
  await well.must("docker stack rm netcheck");
}

/** By this machine's ansible-playbook, over ssh; without one, and without an sshd on the hosts, it is not tried. */
async function byAnsible(hosts: readonly LabHost[], folder: string): Promise<void> {
  const begin = performance.now();
  await mkdir(folder, { recursive: true });
  await $`ssh-keygen -q -t ed25519 -N ${""} -f ${join(folder, "key")}`;
  const key = await readFile(join(folder, "key.pub"), "utf8");
  for (const host of hosts) {
    await long(
      host,
      "command -v sshd || { apt-get update -qq && apt-get install -qq -y --no-install-recommends openssh-server python3-minimal; } >/tmp/apt.log 2>&1 || { tail -3 /tmp/apt.log >&2; false; }",
    );
    await host.must("mkdir -p /run/sshd /root/.ssh && chmod 700 /root/.ssh && ssh-keygen -A && $(command -v sshd)");
    await host.write("/root/.ssh/authorized_keys", key);
  }
  const options = `ansible_user=root ansible_ssh_private_key_file=${join(folder, "key")} ansible_ssh_common_args='-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'`;
  const inventory = [
    ...hosts.map((host) => `${host.name} ansible_host=${host.address} ${options}`),
    `gone ansible_host=${hosts[0]?.address} ansible_port=9 ${options}`,
  ];
  await writeFile(join(folder, "inventory"), `${inventory.join("\n")}\n`);
  const collected = join(folder, "collected");
  await mkdir(collected, { recursive: true });
  const report = `${process.execPath} ${dnc} fleet --json`;
  const played = await $({
    nothrow: true,
  })`env ANSIBLE_LOCALHOST_WARNING=False DNC_REPORTS=${folder} ansible-playbook -i ${join(folder, "inventory")} -e netcheck_image=${tag} -e results=${collected} -e ${JSON.stringify({ fleet_command: report })} ${deployed("ansible.yml")}`;
  judge("the playbook ends as the fleet does", played.exitCode !== 0, `${played.stdout}${played.stderr}`);
  const fleet = await readFile(join(folder, "fleet/fleet.json"), "utf8").catch(() => '{"hosts": []}');
  judgeReport("Ansible", fleet, 1, begin);
  judge(
    "Ansible: the one that is unreachable",
    /gone[\s\S]*not judged/.test(fleet),
    `${played.stdout}${played.stderr}`,
  );
}

$.verbose = false;
const folder = await mkdtemp(join(tmpdir(), "try-fleet-"));
const connection = await connect();
const lab = await Lab.open(connection.docker, console.log);
try {
  const [engine] = labEngines(version);
  if (engine === undefined) throw new Error(`no engine ${version}`);
  const { well, broken, empty } = await lab.start({ well: { engine }, broken: { engine }, empty: { engine } });
  for (const host of [well, broken]) await $`docker save ${tag} | env DOCKER_HOST=${host.url} docker load`;
  await broken.must(STRIKE);
  const wanted = ways.split(",");
  if (wanted.includes("engines")) await fromHere(well, broken, empty, join(folder, "engines"));
  if (wanted.includes("ansible")) await byAnsible([well, broken, empty], join(folder, "ansible"));
  if (wanted.includes("swarm")) await bySwarm(well, [broken, empty], join(folder, "swarm"));
} finally {
  await lab[Symbol.asyncDispose]();
  await connection.close();
  await rm(folder, { recursive: true, force: true });
}
await conclude("fleet");
