import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { redactCommand } from './redact.ts';
import type { AuditOrigin, AuditWho } from './entry.ts';

/** What is read to tell who runs this process. */
export interface WhoSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | null;
  /** The name of the user that the process runs as; null when the system has none for its number. */
  readonly userName: () => string | null;
  readonly parentPid: number;
  /** The environment of another process, as in /proc; null when it can't be read. */
  readonly environmentOf: (pid: number) => { parentPid: number; env: string } | null;
}

/** Who runs this process, as far as the system and the environment say. */
export function currentWho(sources: WhoSources = systemSources()): AuditWho {
  const { env, uid } = sources;
  const sudoUser = env['SUDO_USER'];
  return {
    user: sources.userName() ?? `uid ${uid ?? '?'}`,
    uid,
    sudoUser: sudoUser !== undefined && isUserName(sudoUser) ? sudoUser : null,
    sshOrigin: originOf(env['SSH_CONNECTION'] ?? env['SSH_CLIENT']) ?? inheritedOrigin(sources),
  };
}

/** The process's part of an audit entry. @param argv the arguments after the program's name. */
export function currentOrigin(argv: readonly string[]): AuditOrigin {
  return { who: currentWho(), host: hostname(), pid: process.pid, command: redactCommand(argv) };
}

/** `ops`, or `ops from 192.0.2.7`: the human behind it, as a lock's holder is told. */
export function whoText({ user, sudoUser, sshOrigin }: AuditWho): string {
  return `${sudoUser ?? user}${sshOrigin === null ? '' : ` from ${sshOrigin}`}`;
}

/** sudo drops the session's variables; a process above, such as the login shell, still has them. */
const MOST_PARENTS = 8;

function inheritedOrigin({ parentPid, environmentOf }: WhoSources): string | null {
  let pid = parentPid;
  for (let step = 0; step < MOST_PARENTS && pid > 1; step += 1) {
    const found = environmentOf(pid);
    if (found === null) return null;
    const origin = originOf(/(?:^|\0)SSH_CONNECTION=([^\0]*)/.exec(found.env)?.[1]);
    if (origin !== null) return origin;
    pid = found.parentPid;
  }
  return null;
}

/** The client's address out of `192.0.2.7 51234 192.0.2.1 22`. */
function originOf(connection: string | undefined): string | null {
  return /^([0-9A-Fa-f:.]{2,45}(?:%[\w.-]{1,32})?)(?: |$)/.exec(connection ?? '')?.[1] ?? null;
}

function isUserName(name: string): boolean {
  return /^[\w][\w.@\\-]{0,127}\$?$/.test(name);
}

function systemSources(): WhoSources {
  return {
    env: process.env,
    uid: process.getuid?.() ?? null,
    userName: () => {
      try {
        return userInfo().username;
      } catch {
        return null;
      }
    },
    parentPid: process.ppid,
    environmentOf: (pid) => {
      try {
        const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
        return { parentPid: Number(parent ?? 0), env: readFileSync(`/proc/${pid}/environ`, 'latin1') };
      } catch {
        return null;
      }
    },
  };
}
