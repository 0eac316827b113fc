export function parseProcNetTcp(text: string) {
  return text.split("\n").filter((l) => /^\s*\d+:/.test(l)).map((l) => { const f = l.trim().split(/\s+/); const [a = "", p = ""] = (f[1] ?? "").split(":"); return { local: { address: a, port: Number.parseInt(p, 16) }, state: f[3] === "0A" ? "LISTEN" : "OTHER", inode: Number(f[9]) }; });
}
