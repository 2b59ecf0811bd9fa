import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { checkConfigText, type CheckedConfig } from './check-config.ts';
import type { Config, NodeConfig, StorageServerConfig } from './config.ts';
import type { EffectiveConfig, Source } from './effective-config.ts';
import { findConfig, noConfig } from './find-config.ts';
import { expandPath } from './paths.ts';
import { formatKey, type ConfigProblem, type KeyPath } from './problem.ts';
import type { ParsedConfig } from './schema.ts';
import {
  defaultStateDirectory,
  parseStateLocation,
  stateDirectory,
  type StateLocation,
  type Surroundings,
} from './state-location.ts';

/** A value that a flag or a variable puts over the file's. */
export interface Override<T> {
  readonly value: T;
  readonly source: Source;
}

/** What the configuration depends on beside the file. */
export interface ConfigRequest {
  /** The value of `--config`. */
  readonly file: string | undefined;
  readonly surroundings: Surroundings;
  readonly state?: Override<string> | undefined;
  /** Milliseconds. */
  readonly lockTimeout?: Override<number> | undefined;
}

/**
 * Finds, reads and checks the configuration.
 * @throws RdsctlError NO_CONFIG, BAD_CONFIG with every problem in `details.problems`.
 */
export function loadConfig(request: ConfigRequest): EffectiveConfig {
  const found = findConfig(request.file, request.surroundings);
  if (found === null) throw noConfig(request.surroundings);
  const checked = checkConfigText(readConfigText(found.file));
  if (checked.parsed === null) throw badConfig(found.file, checked.problems);
  return makeEffective(found.file, checked, checked.parsed, request);
}

/**
 * Where the state is. Needs no configuration file when a flag or a variable says it.
 * @throws RdsctlError as {@link loadConfig}.
 */
export function loadStateLocation(request: ConfigRequest): StateLocation {
  const { surroundings, state } = request;
  if (state !== undefined) return parseStateLocation(state.value, surroundings);
  const { config } = loadConfig(request);
  if (config.state.url !== null) return { kind: 'url', url: config.state.url };
  return { kind: 'file', directory: config.state.path ?? defaultStateDirectory(surroundings) };
}

/** Reads the file's text, or says why that can't be done. */
export function readConfigText(file: string): string {
  try {
    const bytes = readFileSync(file);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'there is no such file'
        : code === 'EACCES' || code === 'EPERM'
          ? 'it may not be read by this user'
          : code === 'EISDIR'
            ? 'it is a directory'
            : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
              ? 'it is not UTF-8 text'
              : String(code);
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new RdsctlError(missing ? 'NO_CONFIG' : 'BAD_CONFIG', {
      message: `can not read the configuration ${file}: ${why}`,
      hints: missing ? [{ when: 'To make one:', run: `rdsctl config init ${file}` }] : [],
      details: { file },
      cause: error,
    });
  }
}

/** One error that tells everything that is wrong with a file. */
export function badConfig(file: string, problems: readonly ConfigProblem[]): RdsctlError {
  const lines = problems.map((problem) => `${formatPlace(file, problem)} ${formatProblem(problem)}`);
  const count = problems.length === 1 ? '1 error' : `${problems.length} errors`;
  return new RdsctlError('BAD_CONFIG', {
    message: `the configuration has ${count}\n${lines.join('\n')}`,
    now: 'Nothing was changed.',
    details: { file, problems: problems.map(({ line, key, message }) => ({ file, line, key, message })) },
  });
}

/** A problem's file and line, as editors and terminals can jump to it. */
export function formatPlace(file: string, problem: ConfigProblem): string {
  return problem.line === null ? `${file}:` : `${file}:${problem.line}:`;
}

/** A problem as a sentence, without its place. */
export function formatProblem(problem: ConfigProblem): string {
  return problem.key === '' ? problem.message : `${problem.key} ${problem.message}`;
}

/** Works flags, variables and defaults into a file that has no problems. */
export function makeEffective(
  file: string,
  checked: CheckedConfig,
  parsed: ParsedConfig,
  request: ConfigRequest,
): EffectiveConfig {
  const { surroundings, state, lockTimeout } = request;
  const absolute = (given: string | undefined): string | null =>
    given === undefined ? null : expandPath(given, path.dirname(file), surroundings.home);
  const config: Config = {
    storageServers: mapValues(parsed.storageServers, (_name, server): StorageServerConfig => ({
      host: server.host,
      port: server.port ?? 22,
      user: server.user,
      identityFile: absolute(server.identityFile),
      hostKey: server.hostKey ?? null,
      knownHosts: absolute(server.knownHosts),
      verifyHostKey: server.verifyHostKey,
      nvme: { address: server.nvme.address ?? server.host, port: server.nvme.port },
      volumes: server.volumes,
      sharedExport: server.sharedExport,
    })),
    nodes: mapValues(parsed.nodes, (name, node): NodeConfig => ({
      transport: node.transport,
      host: node.transport === 'local' ? null : (node.host ?? name),
      port: node.port ?? null,
      user: node.user ?? null,
      sudo: node.sudo,
      identityFile: absolute(node.identityFile),
      hostKey: node.hostKey ?? null,
      knownHosts: absolute(node.knownHosts),
      verifyHostKey: node.verifyHostKey,
      hostNqn: node.hostNqn ?? null,
      addresses: node.addresses,
    })),
    nvme: parsed.nvme,
    fence: parsed.fence,
    timeouts: { ...parsed.timeouts, lock: lockTimeout?.value ?? parsed.timeouts.lock },
    state: effectiveState(parsed, absolute, request),
    backups: parsed.backups,
  };
  return {
    config,
    file,
    warnings: checked.warnings.map((warning) => `${formatPlace(file, warning)} ${formatProblem(warning)}`),
    sourceOf(key: KeyPath): Source {
      if (key[0] === 'state' && state !== undefined) return state.source;
      if (formatKey(key) === 'timeouts.lock' && lockTimeout !== undefined) return lockTimeout.source;
      const line = checked.document.has(key) ? checked.document.lineOf(key) : null;
      return line === null ? { from: 'default' } : { from: 'file', file, line };
    },
  };
}

function effectiveState(
  parsed: ParsedConfig,
  absolute: (given: string | undefined) => string | null,
  { state, surroundings }: ConfigRequest,
): Config['state'] {
  if (state !== undefined) {
    const location = parseStateLocation(state.value, surroundings);
    return location.kind === 'url'
      ? { path: null, url: location.url }
      : { path: location.directory, url: null };
  }
  if (parsed.state.url !== undefined) return { path: null, url: parsed.state.url };
  const given = absolute(parsed.state.path);
  return { path: given === null ? defaultStateDirectory(surroundings) : stateDirectory(given), url: null };
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (name: string, value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(name, value)]));
}
