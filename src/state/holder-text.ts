import type { LockHolder } from './lock.ts';

/** `ops@admin1 (pid 4711: rdsctl move vol-7 node-2) since 2026-…`. */
export function holderText(holder: LockHolder | null): string {
  if (holder === null) return 'a process that did not say who it is';
  const { who, host, pid, command, since } = holder;
  const where = /[@ ]/.test(who) ? `${who} on ${host}` : `${who}@${host}`;
  return `${where} (pid ${pid}: ${command}) since ${since}`;
}
