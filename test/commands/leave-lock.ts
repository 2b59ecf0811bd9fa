import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { formatMark, thisMachine } from '../../src/state/file/lock-link.ts';
import { encodeName } from '../../src/state/file/lock-name.ts';
import type { Scene } from './scene.ts';

/** What a process leaves that is dead, or one of another host. */
export function leaveLock(scene: Scene, name: string, host: 'here' | 'elsewhere'): string {
  const locks = join(scene.stateDir, 'locks');
  mkdirSync(locks, { recursive: true });
  const id = `id-of-${name.replace('/', '-')}`;
  const mark = formatMark({
    id,
    name,
    who: 'ann',
    host: host === 'here' ? hostname() : 'admin2',
    pid: 4711,
    command: 'rdsctl move',
    since: '2026-11-20T14:00:00.000Z',
    machine: host === 'here' ? thisMachine() : 'admin2 boot',
  });
  symlinkSync(mark, join(locks, `${encodeName(name)}.lock`));
  if (host === 'here') writeFileSync(join(locks, `${encodeName(name)}@${encodeName(hostname())}`), '');
  return id;
}
