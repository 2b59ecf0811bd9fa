import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readStateFile } from '../../src/state/file/read.ts';
import { EMPTY_STATE, type State } from '../../src/state/state.ts';

/** From where a command of a crowd is run, and what is done to it. */
export interface CrowdHost {
  /** What stands before the program on the command line. */
  readonly wrapper: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds after its start at which it gets SIGSTOP, and SIGCONT. */
  readonly stop: { readonly afterMs: number; readonly untilMs: number } | null;
}

/** Where the state of a crowd is kept, and from where it is reached. */
export interface CrowdPlace {
  /** For the command of that number. */
  host(number: number): CrowdHost;
  /** Called before the command of that number: what befalls the place. */
  trouble(number: number): void;
  /** Resolves when nothing ails the place any more. */
  calm(): Promise<void>;
  state(): Promise<State>;
  /** What is there that should not be, when every command has ended. */
  leftBehind(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The state in a directory, all commands on one host: the configuration that the simulator writes. */
export function inDirectory(dir: string): Promise<CrowdPlace> {
  const stateDir = join(dir, 'state');
  const env = { HOME: dir, RDSCTL_CONFIG: join(dir, 'config.yaml') };
  return Promise.resolve({
    host: () => ({ wrapper: [], env, stop: null }),
    trouble: () => undefined,
    calm: () => Promise.resolve(),
    state: () => Promise.resolve(readStateFile(stateDir)?.state ?? EMPTY_STATE),
    leftBehind: () => Promise.resolve(strangers(stateDir)),
    close: () => Promise.resolve(),
  });
}

function strangers(stateDir: string): string[] {
  const files = existsSync(stateDir) ? readdirSync(stateDir, { recursive: true, encoding: 'utf8' }) : [];
  const known = /^(state\.json|lineage|audit\.jsonl(\.\d+)?|backups|locks|backups\/state-\d+\.json)$/;
  return files.filter((name) => !known.test(name));
}
