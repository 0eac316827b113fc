const ip = (h: string) => (h.match(/../g) ?? []).reverse().map((b) => Number.parseInt(b, 16)).join(".");
export function parseProcNetRoute(text: string) {
  return text.split("\n").slice(1).filter((l) => l.trim() !== "").map((l) => { const f = l.split("\t"); const mask = Number.parseInt(f[7] ?? "0", 16); let prefix = 0; for (let i = 0; i < 32; i++) if ((mask >>> i) & 1) prefix++; return { interface: (f[0] ?? "").trim(), destination: ip(f[1] ?? ""), prefix, gateway: f[2] === "00000000" ? null : ip(f[2] ?? ""), metric: Number(f[6]) }; });
}
