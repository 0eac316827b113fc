/** How long a state may take to settle on a busy engine. */
const SETTLE_MS = 5000;
/** Pause between two looks. */
const PAUSE_MS = 50;

/**
 * Looks again until `look` no longer throws, and gives its value; after the deadline throws what it threw last. For
 * states that the kernel or the engine reaches by themselves a moment later, never to try a failed check again.
 * @param milliseconds deadline
 */
export async function eventually<T>(look: () => Promise<T> | T, milliseconds = SETTLE_MS): Promise<T> {
  for (const deadline = performance.now() + milliseconds; ; ) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
