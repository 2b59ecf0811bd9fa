/**
 * Where an attachment is in its life. `attaching`, `detaching` and `fencing` are on disk together with an
 * intent before the first remote change; they last only while a command works, or after one was cut short.
 */
export const PHASES = ['attaching', 'attached', 'detaching', 'fencing', 'fenced'] as const;
export type Phase = (typeof PHASES)[number];
