import { hookedStep, type StepHooks } from '../step-hooks.ts';

/**
 * The points at which a test can stop, kill or fail a process that works on the store, in the order in which
 * they come in an update. Each is told twice, as `before:…` and as `after:…`.
 *
 * - `lock-kernel`    the kernel's lock between the processes of this host is taken
 * - `lock-link`      the lock between hosts is made: from here on the lock is had
 * - `clean`          temporary files of dead writers are removed
 * - `read`           the state is read under the lock
 * - `temp-create`    the temporary file is made, empty
 * - `temp-write`     the new state is written to it
 * - `temp-fsync`     it is on disk
 * - `backup-keep`    the old state is kept as a backup
 * - `backup-fsync`   the directory of backups is on disk
 * - `rename`         the new state takes the old one's place
 * - `directory-fsync` that is on disk: the commit is done
 * - `marker`         the lineage marker is made (only when it is missing)
 * - `backup-copy`    a copy of the new state is put beside the backups
 * - `prune`          backups beyond the number wanted are removed
 * - `unlock-link`    the lock between hosts is removed
 * - `unlock-kernel`  the kernel's lock is dropped
 */
const STEPS = [
  'lock-kernel',
  'lock-link',
  'clean',
  'read',
  'temp-create',
  'temp-write',
  'temp-fsync',
  'backup-keep',
  'backup-fsync',
  'rename',
  'directory-fsync',
  'marker',
  'backup-copy',
  'prune',
  'unlock-link',
  'unlock-kernel',
] as const;

export type Step = (typeof STEPS)[number];
export type StepPoint = `${'before' | 'after'}:${Step}`;

/** Every point, in order. */
export const STEP_POINTS: readonly StepPoint[] = STEPS.flatMap((step): StepPoint[] => [
  `before:${step}`,
  `after:${step}`,
]);

/** Does one step with its two points. */
export function step<T>(hooks: StepHooks | undefined, name: Step, action: () => T | Promise<T>): Promise<T> {
  return hookedStep(hooks, name, action);
}
