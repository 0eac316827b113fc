/** USER_HZ of every architecture that Docker runs on, for a kernel that does not tell. */
const USUAL_TICKS = 100;
/** `AT_CLKTCK` and `AT_NULL` of the auxiliary vector (linux/auxvec.h). */
const AT_CLKTCK = 17;

/**
 * When a process started, in milliseconds since 1970, as exactly as /proc tells: a tick fine, but the boot time is cut
 * to a second. Null where the texts don't tell.
 * @param stat `/proc/<pid>/stat`
 * @param kernel `/proc/stat`, of which the line `btime` counts
 * @param auxv words of `/proc/self/auxv` as decimal numbers, for the clock ticks per second
 */
export function processStart(stat: string, kernel: string, auxv: string): number | null {
  // The program's name stands in brackets and may hold spaces and brackets; the 22nd field is the 20th after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[19]);
  const boot = Number(/^btime (\d+)$/m.exec(kernel)?.[1]);
  if (!stat.includes(")") || fields[19] === undefined || !Number.isFinite(ticks) || !Number.isFinite(boot)) return null;
  return Math.round((boot + ticks / ticksPerSecond(auxv)) * 1000);
}

function ticksPerSecond(auxv: string): number {
  const words = auxv.trim().split(/\s+/).map(Number);
  for (let index = 0; index + 1 < words.length; index += 2) {
    const value = words[index + 1] ?? 0;
    if (words[index] === AT_CLKTCK && value > 0) return value;
  }
  return USUAL_TICKS;
}
