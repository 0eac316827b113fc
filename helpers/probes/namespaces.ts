import { ProbeFailed, reading, type Vantage } from "../model/evidence.ts";

/** Kinds of namespaces whose sharing matters here. */
type NamespaceKind = "net" | "uts" | "ipc" | "pid" | "mnt" | "user";

/** The namespaces of the vantage point's own shell: kind → `net:[4026532281]`. Equal texts mean the same namespace. */
export async function namespaces(from: Vantage): Promise<Readonly<Record<NamespaceKind, string>>> {
  const evidence = await from.ask(
    "for n in net uts ipc pid mnt user; do echo $n $(readlink /proc/self/ns/$n); done",
    reading(from, "namespaces"),
  );
  const found = Object.fromEntries(evidence.stdout.split("\n").map((line) => line.split(" ") as [string, string]));
  for (const kind of ["net", "uts", "ipc", "pid", "mnt", "user"]) {
    if (!/^\w+:\[\d+\]$/.test(found[kind] ?? ""))
      throw new ProbeFailed(`the ${kind} namespace at ${from.label} can't be read`, evidence);
  }
  return found as Record<NamespaceKind, string>;
}
