/** Rejects when `work` has not settled after so many milliseconds; the work itself goes on. */
export async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  let guard: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    guard = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(guard);
  }
}
