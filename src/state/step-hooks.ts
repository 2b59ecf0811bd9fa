/** Where a test can stop, kill or fail a process that works on a store. */
export interface StepHooks {
  /**
   * What it throws, the step throws.
   * @param point `before:…` or `after:…` with a step's name: each kind of store has its own
   */
  at(point: string): void | Promise<void>;
}

/** Does one step with its two points. */
export async function hookedStep<T>(
  hooks: StepHooks | undefined,
  name: string,
  action: () => T | Promise<T>,
): Promise<T> {
  if (hooks === undefined) return action();
  await hooks.at(`before:${name}`);
  const result = await action();
  await hooks.at(`after:${name}`);
  return result;
}
