import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands/index.ts';
import { completionModel } from '../../../src/cli/completion/model.ts';
import { completionScript } from '../../../src/cli/completion/script.ts';
import { bashCompleter, fishCompleter, zshCompleter, type Complete, type ShellSetting } from './shells.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const dir = mkdtempSync(path.join(tmpdir(), 'rdsctl-completion-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const CONFIG = `apiVersion: rdsctl/v1
storageServers:
  rds1: { host: 127.0.0.1, user: rdsctl, nvme: { address: 127.0.0.1 }, volumes: [vol-1, vol-2, 'db-*'] }
  rds2: { host: 127.0.0.2, user: rdsctl, nvme: { address: 127.0.0.2 }, volumes: [vol-2] }
nodes:
  node-1: { host: 127.0.0.3 }
  node-22: { host: 127.0.0.4 }
`;

function setting(shell: 'bash' | 'zsh' | 'fish'): ShellSetting {
  const own = path.join(dir, shell);
  mkdirSync(path.join(own, 'bin'), { recursive: true });
  writeFileSync(path.join(own, 'config.yaml'), CONFIG);
  writeFileSync(path.join(own, 'a-file'), '');
  mkdirSync(path.join(own, 'a-folder'), { recursive: true });
  const rdsctl = path.join(own, 'bin/rdsctl');
  writeFileSync(rdsctl, `#!/bin/sh\nexec "${process.execPath}" "${root}/bin/rdsctl" "$@"\n`);
  chmodSync(rdsctl, 0o755);
  return {
    dir: own,
    bin: path.join(own, 'bin'),
    script: completionScript(shell),
    env: { RDSCTL_CONFIG: path.join(own, 'config.yaml'), RDSCTL_STATE: path.join(own, 'state') },
  };
}

const COMPLETERS = { bash: bashCompleter, zsh: zshCompleter, fish: fishCompleter } as const;

describe.each(['bash', 'zsh', 'fish'] as const)('completion in a real %s', (shell) => {
  let complete: Complete;
  beforeAll(() => {
    complete = COMPLETERS[shell](setting(shell));
  });

  it.each([
    ['a command', 'rdsctl att', ['attach']],
    ['an alias', 'rdsctl l', ['list', 'ls']],
    ['a command of a group', 'rdsctl config ', ['check', 'init', 'show']],
    ['a long option', 'rdsctl attach --take', ['--take-over']],
    ['a common option before the command', 'rdsctl --lock', ['--lock-timeout']],
    ['the word of an option', 'rdsctl list -o js', ['json', 'jsonl']],
    ['the word of an option that may be repeated', 'rdsctl list --phase fenc', ['fenced', 'fencing']],
    ['an argument with fixed words', 'rdsctl completion ', ['bash', 'fish', 'zsh']],
    ['a node', 'rdsctl fence ', ['node-1', 'node-22']],
    ['a node after a volume', 'rdsctl attach vol-1 node-2', ['node-22']],
    ['a node after options', 'rdsctl -o json attach --handoff 5m vol-1 node-2', ['node-22']],
    ['a volume: the bare slot where one server has it', 'rdsctl attach vol-', ['vol-1']],
    ['a volume that two servers have', 'rdsctl show rds', ['rds1/vol-2', 'rds2/vol-2']],
    ['a storage server', 'rdsctl list --rds ', ['rds1', 'rds2']],
    ['a directory', 'rdsctl list --state a-', ['a-folder/']],
  ] as const)('offers %s', (_what, line, expected) => {
    expect(
      complete(line).map((one) =>
        shell === 'fish' || !line.includes('--state') ? one : `${one.replace(/\/$/, '')}/`,
      ),
    ).toEqual([...expected].sort());
  });

  it('offers files for a file', () => {
    const offered = complete('rdsctl -c a-');
    expect(offered.map((one) => one.replace(/\/$/, ''))).toEqual(['a-file', 'a-folder']);
  });

  it('takes --option=value apart', () => {
    expect(complete('rdsctl list --output=jso').map((one) => one.replace(/^--output=/, ''))).toEqual([
      'json',
      'jsonl',
    ]);
  });

  it('offers nothing after the last argument', () => {
    expect(complete('rdsctl fence node-1 node')).toEqual([]);
  });

  it('reads the configuration that the line names', () => {
    const other = path.join(dir, shell, 'other.yaml');
    writeFileSync(other, CONFIG.replaceAll('node-22', 'elsewhere'));
    expect(complete(`rdsctl -c ${other} fence el`)).toEqual(['elsewhere']);
  });

  it('stays silent where the configuration is broken', () => {
    const broken = path.join(dir, shell, 'broken.yaml');
    writeFileSync(broken, 'nodes: [');
    expect(complete(`rdsctl -c ${broken} fence no`)).toEqual([]);
  });

  it('offers every command', () => {
    const words = completionModel(COMMANDS).commands.map(({ name }) => name.split(' ')[0]);
    expect(complete('rdsctl ')).toEqual([...new Set(words)].sort());
  });
});

describe('the scripts', () => {
  it('never name what is hidden', () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const offered = completionScript(shell)
        .replace(/\S* __names/g, '')
        .match(/__names/);
      expect(offered).toBeNull();
    }
  });

  it('complete without help of the bash-completion package', () => {
    const said = execFileSync('bash', ['--norc', '-u', '-c', completionScript('bash')], {
      encoding: 'utf8',
      env: {},
    });
    expect(said).toBe('');
  });
});
