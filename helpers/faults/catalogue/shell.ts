import type { StruckContainer } from "../fault.ts";

/** Shell on a Docker host that more than one fault is made of. Every line may be run again. */

type Table = "filter" | "nat" | "raw";

/** The rules of a table that a pattern (`grep -E`; `$IP` and its like stand in it) finds, one a line, without `-A`. */
function rulesLike(table: Table, pattern: string): string {
  return `iptables-save -t ${table} | grep -E -e "${pattern}" | sed 's/^-A //'`;
}

/** Deletes rules of whichever layout the engine has. */
export function deleteRules(table: Table, pattern: string): string {
  return `${rulesLike(table, pattern)} | while read -r rule; do iptables -w -t ${table} -D $rule || :; done`;
}

/** Puts rules that a `sed -E` script has altered in the place of what the pattern finds. */
export function alterRules(table: Table, pattern: string, script: string): string {
  return (
    `${rulesLike(table, pattern)} | while read -r rule; do altered=$(echo "$rule" | sed -E '${script}'); ` +
    `[ "$altered" = "$rule" ] || { iptables -w -t ${table} -A $altered && iptables -w -t ${table} -D $rule; } || :; done`
  );
}

/** Puts an altered copy in front of each rule that the pattern finds, so that the copy decides. */
export function overrideRules(table: Table, pattern: string, script: string): string {
  return (
    `${rulesLike(table, pattern)} | sed -E '${script}' | while read -r altered; do ` +
    `iptables -w -t ${table} -C $altered 2>/dev/null || iptables -w -t ${table} -I $altered; done`
  );
}

/** A rule as the first of its chain. One that stands there already is left alone, so that it goes on counting. */
export function firstRule(table: Table, chain: string, rule: string): string {
  return (
    `iptables -w -t ${table} -S ${chain} 1 | grep -qxF -e "-A ${chain} ${rule}" || ` +
    `{ while iptables -w -t ${table} -D ${chain} ${rule} 2>/dev/null; do :; done; ` +
    `iptables -w -t ${table} -I ${chain} ${rule}; }`
  );
}

/** Takes a rule away that {@link firstRule} or an operator put there. */
export function withoutRule(table: Table, chain: string, rule: string): string {
  return `while iptables -w -t ${table} -D ${chain} ${rule} 2>/dev/null; do :; done`;
}

const AGENT = "/run/agent.pid";
/** Does something again and again, as an agent does that keeps a host as its own file says: also what dockerd made meanwhile is undone. */
export function agentThat(does: string): string {
  return `setsid sh -c 'echo $$ >${AGENT}; while sleep 0.2; do ${does.replaceAll("'", "'\\''")}; done' </dev/null >/dev/null 2>&1 &`;
}
/**
 * Does something each time that a container has ended, at once: what looks again and again may come when the suites have
 * looked already.
 * @param perl statements; `$id` is the container's, and `ask("POST /containers/$id/start")` gives the engine's answer
 */
export function agentOnDeath(perl: string): string {
  const socket = 'IO::Socket::UNIX->new("/var/run/docker.sock")';
  const program = [
    "use IO::Socket::UNIX;",
    `open(P, ">${AGENT}"); print P $$; close(P);`,
    `sub ask { my $s = ${socket} or return ""; print $s "$_[0] HTTP/1.0\\r\\n\\r\\n"; local $/; return <$s>; }`,
    `$e = ${socket}; print $e "GET /events?filters=%7B%22event%22%3A%5B%22die%22%5D%7D HTTP/1.0\\r\\n\\r\\n";`,
    `while (<$e>) { next unless /"ID":"([0-9a-f]{64})"/; my $id = $1; ${perl} }`,
  ].join(" ");
  return `setsid perl -e '${program}' </dev/null >/dev/null 2>&1 &`;
}
export const STOP_AGENT = `kill $(cat ${AGENT})`;

/** In the network namespace of the struck container, with the host's programs. */
export function inContainer(command: string): string {
  return `nsenter -t $PID -n ${command}`;
}

/** A sysctl of the struck container's network namespace. */
export function containerSysctl(path: string, value: string): string {
  return inContainer(`sh -c 'echo ${value} >/proc/sys/net/${path}'`);
}

/** For each of the container's interfaces, as `$NIC`. */
export function onEachNic(command: string): string {
  return `for NIC in $(nsenter -t $PID -n ip -o link | sed -nE 's/^[0-9]+: (eth[0-9]+)@.*/\\1/p'); do ${command}; done`;
}

/** For the host's end of each of the container's veth pairs, as `$VETH`. */
export function onEachHostEnd(command: string): string {
  const indexes = "nsenter -t $PID -n ip -o link | sed -nE 's/^[0-9]+: eth[0-9]+@if([0-9]+):.*/\\1/p'";
  const name = 'ip -o link | sed -nE "s/^$index: (veth[0-9a-f]+)@.*/\\1/p"';
  return `for VETH in $(for index in $(${indexes}); do ${name}; done); do ${command}; done`;
}

/** Containers with interfaces of their own on networks. */
export function isBridged({ networkMode }: StruckContainer): boolean {
  return !/^(none|host|container:.*)$/.test(networkMode);
}

export function isPublished({ publishes }: StruckContainer): boolean {
  return publishes;
}

/**
 * An OCI runtime in front of the host's, as lines of a script: what it does to a container, not in host mode, before its
 * first program runs. In the body: `$PID`, and `$N` for a command in the container's network namespace.
 */
export function runcHook(body: readonly string[]): readonly string[] {
  return [
    "#!/bin/sh",
    "R=$(PATH=/usr/local/bin:/usr/sbin:/usr/bin command -v runc)",
    'case " $* " in *" start "*)',
    "root= id= before=",
    'for word; do [ "$before" = --root ] && root=$word; before=$word; id=$word; done',
    'PID=$(sed -E \'s/.*"init_process_pid":([0-9]+).*/\\1/\' "$root/$id/state.json")',
    'N="nsenter -t $PID -n"',
    'if [ "$(readlink /proc/$PID/ns/net)" != "$(readlink /proc/self/ns/net)" ]; then',
    ...body,
    "fi;;",
    "esac",
    'exec "$R" "$@"',
  ];
}

/**
 * Starts a container of an operator's own on the struck host, which the suites neither made nor label: what a fault is to
 * break under what runs already. Its image is the one that every lab host has.
 * @param options of `docker run`
 */
export function workload(name: string, options: string, command = "httpd -f -p 80"): string {
  const image = "$(docker images --format '{{.Repository}}:{{.Tag}}' | grep -m 1 busybox)";
  return `docker run -d --name ${name} ${options} ${image} ${command}`;
}

/** The first IPv4 address of a running container, by its name. */
export function theAddressOf(name: string): string {
  return `$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' ${name} | cut -d ' ' -f 1)`;
}

/** For the host's end, as `$VETH`, of a running container's eth0, by its name. */
export function onHostEndOf(name: string, command: string): string {
  const index = `nsenter -t $(docker inspect -f '{{.State.Pid}}' ${name}) -n ip -o link | sed -nE 's/^[0-9]+: eth0@if([0-9]+):.*/\\1/p'`;
  return `index=$(${index}); VETH=$(ip -o link | sed -nE "s/^$index: ([^@:]+).*/\\1/p"); ${command}`;
}
