/**
 * Lets a stage judge something at the moment when it holds, and a requirement tell it later. In: an assertion under
 * way. Out: a function that gives the assertion's value or throws what it threw; so a failure is told by the requirement
 * that it belongs to, and not by everything that starts from the stage.
 */
export async function atThisMoment<T>(assertion: Promise<T>): Promise<() => T> {
  try {
    const value = await assertion;
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
