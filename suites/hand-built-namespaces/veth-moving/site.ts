import { cidr } from "../../../helpers/model/cidr.ts";
import { handBuilt, settledUp } from "../../../helpers/requirement/hand-built.ts";
import { cite, NotRun, stage } from "../../../helpers/requirement/index.ts";
import { atThisMoment } from "../../../helpers/requirement/moment.ts";
import { look, meet } from "../look.ts";

export const TUNNELS = cite("man/veth", "They can act as tunnels between network namespaces");

const site = handBuilt("moving");

/** The pair as it was made, both ends still on the host. */
export const made = stage(site, async (lab, session) => {
  const [one, two] = [lab.device("v1"), lab.device("v2")];
  const { ns1, ns2 } = await lab.namespaces("ns1", "ns2");
  const [empty, before] = await Promise.all([look(ns1), look(lab.root)]);
  await lab.run(`ip link add ${one} type veth peer name ${two}`);
  const after = await look(lab.root);
  return { lab, one, two, ns1, ns2, empty, before, after, subnet: cidr(session.subnets.choose(24)) };
});

/** One end moved into the first namespace. */
export const oneMoved = stage(made, async (value) => {
  const { lab, two, ns1, ns2 } = value;
  await lab.run(`ip link set ${two} netns ${ns1.name}`);
  const [onHost, inside, beside] = await Promise.all([look(lab.root), look(ns1), look(ns2)]);
  return { ...value, onHost, inside, beside };
});

/** The moved end renamed to eth0, and attempts to name and find it from where it is not. */
export const renamed = stage(oneMoved, async (value) => {
  const { lab, one, two, ns1, ns2 } = value;
  const [sought, soughtBeside, soughtInside] = await Promise.all([
    lab.root.ask(`ip link show ${two}`),
    ns2.ask(`ip link show ${two}`),
    ns1.ask(`ip link show ${two}`),
  ]);
  const misnamed = await lab.attempt(`ip netns exec ${ns1.name} ip link set ${one} name eth0`);
  await lab.runIn(ns1, `ip link set ${two} name eth0`);
  const insideRenamed = await look(ns1);
  return { ...value, sought, soughtBeside, soughtInside, misnamed, insideRenamed };
});

export function neededIfconfig(present: boolean): void {
  if (!present) throw new NotRun("`ifconfig` (net-tools) is not installed on the host");
}

/** Addresses in one subnet on both sides: by `ifconfig` in the namespace, by `ip` on the host. */
export const addressed = stage(renamed, async (value) => {
  const { lab, one, ns1, subnet } = value;
  const ifconfig = (await lab.root.ask("command -v ifconfig")).exitCode === 0;
  const [host, inner] = [subnet.host(2), subnet.host(3)];
  if (ifconfig) await lab.runIn(ns1, `ifconfig eth0 ${inner}`);
  else await lab.runIn(ns1, `ip address add ${inner}/${subnet.prefix} dev eth0`, "ip link set eth0 up");
  const insideAddressed = await look(ns1);
  await lab.run(`ip address add ${host}/${subnet.prefix} dev ${one}`);
  const onHostAddressed = await look(lab.root);
  await lab.run(`ip link set ${one} up`);
  const met = await atThisMoment(
    settledUp(lab.root, one)
      .then(() => settledUp(ns1, "eth0"))
      .then(() => meet(lab.host, host, ns1.busybox, inner)),
  );
  return { ...value, ifconfig, host, inner, insideAddressed, onHostAddressed, met };
});
