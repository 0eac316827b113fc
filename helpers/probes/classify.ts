import type { Evidence } from "./evidence.ts";
import type { Outcome, UnreachableKind } from "./outcome.ts";
export interface Classified { outcome: Outcome; unreachable?: UnreachableKind; detail: string }
function c(e: Evidence): Classified {
  const t = e.stdout + e.stderr;
  if (e.timedOut) return { outcome: "timed out", detail: "no answer" };
  if (/bad address|can't resolve|NXDOMAIN/.test(t)) return { outcome: "name not found", detail: t.trim() };
  if (/unreachable|No route/.test(t)) return { outcome: "unreachable", detail: t.trim() };
  if (/refused/.test(t)) return { outcome: "refused", detail: t.trim() };
  if (/100% packet loss|timed out|timeout/.test(t)) return { outcome: "timed out", detail: t.trim() };
  if (e.exitCode === 0 || /server returned error/.test(t)) return { outcome: "replied", detail: t.trim().split("\n")[0] ?? "" };
  return { outcome: "probe failed", detail: t.trim() };
}
export const classifyPing = c; export const classifyHttp = c; export const classifyTcp = c; export const classifyUdp = c; export const classifyLookup = c;
