import { accessSync, constants, statSync } from 'node:fs';
import type { ConfigDocument } from './config-document.ts';
import type { Config } from './config.ts';
import { formatKey, type ConfigProblem } from './problem.ts';

/** The files that storage servers and nodes alike may name. */
interface Login {
  readonly identityFile: string | null;
  readonly knownHosts: string | null;
}

/** What is wrong with the key files that a configuration names. */
export function checkKeyFiles(config: Config, document: ConfigDocument): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [kind, entries] of [
    ['storageServers', config.storageServers],
    ['nodes', config.nodes],
  ] as const) {
    for (const [name, { identityFile, knownHosts }] of Object.entries<Login>(entries)) {
      const found = [
        ['identityFile', identityFile === null ? null : keyFileProblem(identityFile)],
        ['knownHosts', knownHosts === null ? null : fileProblem(knownHosts)],
      ] as const;
      for (const [key, message] of found) {
        const path = [kind, name, key];
        if (message !== null) problems.push({ line: document.lineOf(path), key: formatKey(path), message });
      }
    }
  }
  return problems;
}

function fileProblem(file: string): string | null {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return `${file} does not exist`;
  if (!status.isFile()) return `${file} is not a file`;
  try {
    accessSync(file, constants.R_OK);
    return null;
  } catch {
    return `${file} may not be read by this user`;
  }
}

function keyFileProblem(file: string): string | null {
  const problem = fileProblem(file);
  if (problem !== null) return problem;
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return null;
  return `${file} can be read by others (mode ${mode.toString(8).padStart(4, '0')}): chmod 600 ${file}`;
}
