import * as v from 'valibot';
import { parseConfigDocument, type ConfigDocument } from './config-document.ts';
import { formatKey, type ConfigProblem, type KeyPath } from './problem.ts';
import { configSchema, NAME_PATTERN, type ParsedConfig } from './schema.ts';
import { describeIssue } from './schema-problems.ts';
import { checkState } from './check-state.ts';

/** The outcome of looking at a configuration file's text. */
export interface CheckedConfig {
  /** Null when there are problems. */
  readonly parsed: ParsedConfig | null;
  readonly document: ConfigDocument;
  /** Everything that is wrong, by line. */
  readonly problems: readonly ConfigProblem[];
  /** Valid, but most likely not meant. */
  readonly warnings: readonly ConfigProblem[];
}

/** Checks a configuration file's text and finds everything that is wrong with it. */
export function checkConfigText(text: string): CheckedConfig {
  const document = parseConfigDocument(text);
  if (document.problems.length > 0) {
    return { parsed: null, document, problems: document.problems, warnings: [] };
  }
  const result = v.safeParse(configSchema, document.value ?? {});
  const problems = result.success
    ? []
    : result.issues.flatMap((issue) => describeIssue(configSchema, issue, document));
  const parsed = result.success ? result.output : null;
  const found = parsed === null ? { problems: [], warnings: [] } : crossCheck(parsed, document);
  const all = [...problems, ...found.problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return { parsed: all.length === 0 ? parsed : null, document, problems: all, warnings: found.warnings };
}

/** What no single key can tell. */
function crossCheck(
  parsed: ParsedConfig,
  document: ConfigDocument,
): { problems: ConfigProblem[]; warnings: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const add = (to: ConfigProblem[], path: KeyPath, message: string): void => {
    to.push({ line: document.lineOf(path), key: formatKey(path), message });
  };
  const servers = Object.entries(parsed.storageServers);
  const nodes = Object.entries(parsed.nodes);
  for (const [kind, entries] of [
    ['storageServers', servers],
    ['nodes', nodes],
  ] as const) {
    for (const [name, entry] of entries) {
      const path = [kind, name];
      if (entry.hostKey !== undefined && entry.knownHosts !== undefined) {
        add(problems, [...path, 'knownHosts'], 'can not stand beside hostKey: keep one of the two');
      }
      if (!entry.verifyHostKey && (entry.hostKey ?? entry.knownHosts) !== undefined) {
        add(
          problems,
          [...path, 'verifyHostKey'],
          'is false, so hostKey and knownHosts mean nothing: keep one',
        );
      } else if (!entry.verifyHostKey) {
        add(warnings, [...path, 'verifyHostKey'], 'is false: anybody on the way can pose as this host');
      }
    }
  }
  for (const [name, server] of servers) {
    if (server.nvme.address === undefined && !v.is(v.pipe(v.string(), v.ip()), server.host)) {
      add(
        problems,
        ['storageServers', name, 'nvme'],
        'is missing the address that nodes connect to: nvme: { address: … }',
      );
    }
  }
  const byNqn = new Map<string, string>();
  for (const [name, node] of nodes) {
    if (node.transport === 'local') {
      const remote = ['host', 'port', 'user', 'identityFile', 'hostKey', 'knownHosts'].filter((key) =>
        document.has(['nodes', name, key]),
      );
      for (const key of remote) {
        add(problems, ['nodes', name, key], 'means nothing with transport: local: leave it out');
      }
    }
    if (node.hostNqn === undefined) continue;
    const other = byNqn.get(node.hostNqn);
    if (other === undefined) byNqn.set(node.hostNqn, name);
    else {
      const message = `is that of ${other} too: nodes with one host NQN can not be told apart by a fence`;
      add(problems, ['nodes', name, 'hostNqn'], message);
    }
  }
  for (const [name] of nodes) {
    if (Object.hasOwn(parsed.storageServers, name) && NAME_PATTERN.test(name)) {
      add(warnings, ['nodes', name], 'is the name of a storage server too');
    }
  }
  checkState(parsed.state, {
    problem: (key, message) => add(problems, ['state', key], message),
    warning: (key, message) => add(warnings, ['state', key], message),
  });
  if (parsed.nvme.ctrlLossTmo !== -1 && parsed.nvme.fastIoFailTmo > parsed.nvme.ctrlLossTmo) {
    add(problems, ['nvme', 'fastIoFailTmo'], 'must not be longer than ctrlLossTmo');
  }
  return { problems, warnings };
}
