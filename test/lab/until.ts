import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for something that will come about, however slow the machine is: the limit only ends what hangs.
 * @throws Error with `what`, when it did not come about
 */
export async function until(
  condition: () => Promise<boolean> | boolean,
  what: string,
  limitMs = 150_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not come about: ${what}`);
    await sleep(150);
  }
}
