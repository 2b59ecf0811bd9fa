import path from 'node:path';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { checkConfigText, type CheckedConfig } from './check-config.ts';
import type { Config, NodeConfig, StateConfig, StorageServerConfig } from './config.ts';
import type { EffectiveConfig, Source } from './effective-config.ts';
import { findConfig, noConfig } from './find-config.ts';
import { expandPath } from './paths.ts';
import { readConfigText } from './read-config.ts';
import { formatKey, type ConfigProblem, type KeyPath } from './problem.ts';
import type { ParsedConfig } from './schema.ts';
import {
  locateState,
  parseStateLocation,
  stateSection,
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
  const { parsed, checked } = parseConfig(found.file, readConfigText(found.file));
  return makeEffective(found.file, checked, parsed, request);
}

/** Checks a file's text. @throws RdsctlError BAD_CONFIG with every problem in `details.problems`. */
export function parseConfig(file: string, text: string): { parsed: ParsedConfig; checked: CheckedConfig } {
  const checked = checkConfigText(text);
  if (checked.parsed === null) throw badConfig(file, checked.problems);
  return { parsed: checked.parsed, checked };
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
  const location = effectiveLocation(parsed, file, request);
  const absolute = (given: string | undefined): string | null =>
    given === undefined ? null : expandPath(given, path.dirname(file), surroundings.home);
  const config: Config = {
    storageServers: mapValues(parsed.storageServers, (_name, server): StorageServerConfig => ({
      host: server.host,
      port: server.port ?? null,
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
    state: stateConfig(location),
    backups: parsed.backups,
  };
  return {
    config,
    stateLocation: location,
    file,
    warnings: checked.warnings.map((warning) => `${formatPlace(file, warning)} ${formatProblem(warning)}`),
    sourceOf(key: KeyPath): Source {
      if (state !== undefined && formatKey(key) === (location.kind === 'etcd' ? 'state.url' : 'state.path'))
        return state.source;
      if (formatKey(key) === 'timeouts.lock' && lockTimeout !== undefined) return lockTimeout.source;
      // A user may stand in the URL.
      const inUrl = formatKey(key) === 'state.user' && !checked.document.has(key);
      if (inUrl && state !== undefined) return state.source;
      const place = inUrl ? ['state', 'url'] : key;
      const line = checked.document.has(place) ? checked.document.lineOf(place) : null;
      return line === null ? { from: 'default' } : { from: 'file', file, line };
    },
  };
}

function effectiveLocation(
  parsed: ParsedConfig,
  file: string,
  { state, surroundings }: ConfigRequest,
): StateLocation {
  const section = stateSection(parsed.state);
  return state === undefined
    ? locateState(section, file, surroundings)
    : parseStateLocation(state.value, surroundings, section, file);
}

/** What is in force: of a state in a directory none of etcd's files. */
function stateConfig(location: StateLocation): StateConfig {
  const { directory: path } = location;
  const etcd = location.kind === 'etcd' ? location : null;
  return {
    path,
    url: etcd?.url ?? null,
    user: etcd?.login?.user ?? null,
    passwordFile: etcd?.login?.passwordFile ?? null,
    caFile: etcd?.tls?.caFile ?? null,
    certFile: etcd?.tls?.certFile ?? null,
    keyFile: etcd?.tls?.keyFile ?? null,
  };
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (name: string, value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(name, value)]));
}
