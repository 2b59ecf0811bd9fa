import { accessSync, constants, statSync } from 'node:fs';
import type { ConfigDocument } from './config-document.ts';
import type { Config } from './config.ts';
import { formatKey, type ConfigProblem, type KeyPath } from './problem.ts';

/** The files that storage servers and nodes alike may name. */
interface Login {
  readonly identityFile: string | null;
  readonly knownHosts: string | null;
}

/** A key file, or list of known hosts, that can't be used as it is. */
export interface KeyFileProblem {
  readonly path: KeyPath;
  readonly message: string;
  /** The line that mends it; null where none can be told. */
  readonly fix: string | null;
}

/** What is wrong with the key files that a configuration names, by line. */
export function checkKeyFiles(config: Config, document: ConfigDocument): ConfigProblem[] {
  return keyFileProblems(config).map(({ path, message, fix }) => ({
    line: document.lineOf(path),
    key: formatKey(path),
    message: fix === null ? message : `${message}: ${fix}`,
  }));
}

/** The same without lines. */
export function keyFileProblems(config: Config): KeyFileProblem[] {
  const problems: KeyFileProblem[] = [];
  for (const [kind, entries] of [
    ['storageServers', config.storageServers],
    ['nodes', config.nodes],
  ] as const) {
    for (const [name, { identityFile, knownHosts }] of Object.entries<Login>(entries)) {
      const found = [
        ['identityFile', identityFile === null ? null : keyFileProblem(identityFile)],
        ['knownHosts', knownHosts === null ? null : fileProblem(knownHosts)],
      ] as const;
      for (const [key, problem] of found) {
        if (problem !== null) problems.push({ path: [kind, name, key], ...problem });
      }
    }
  }
  const { passwordFile, keyFile, caFile, certFile } = config.state;
  for (const [key, file, check] of [
    ['passwordFile', passwordFile, keyFileProblem],
    ['keyFile', keyFile, keyFileProblem],
    ['caFile', caFile, fileProblem],
    ['certFile', certFile, fileProblem],
  ] as const) {
    const problem = file === null ? null : check(file);
    if (problem !== null) problems.push({ path: ['state', key], ...problem });
  }
  return problems;
}

type Problem = Omit<KeyFileProblem, 'path'>;

/** What is wrong with a file that anybody may read. */
export function fileProblem(file: string): Problem | null {
  const problem = (message: string): Problem => ({ message, fix: null });
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return problem(`${file} does not exist`);
  if (!status.isFile()) return problem(`${file} is not a file`);
  try {
    accessSync(file, constants.R_OK);
    return null;
  } catch {
    return problem(`${file} may not be read by this user`);
  }
}

/** What is wrong with a file that holds a secret. */
export function keyFileProblem(file: string): Problem | null {
  const problem = fileProblem(file);
  if (problem !== null) return problem;
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return null;
  const shown = mode.toString(8).padStart(4, '0');
  return { message: `${file} can be read by others (mode ${shown})`, fix: `chmod 600 ${file}` };
}
