import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { rdsctl, type Outcome, type World } from './console.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rdsctl-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function run(args: readonly string[], world: World = {}): Promise<Outcome> {
  return rdsctl(args, { home, cwd: home, ...world });
}

describe('config init', () => {
  it('writes a file that config check is content with', async () => {
    const file = path.join(home, '.config/rdsctl/config.yaml');
    expect(await run(['config', 'init', '-o', 'name'])).toEqual({ code: 0, stdout: `${file}\n`, stderr: '' });
    expect(await run(['config', 'check'])).toEqual({
      code: 0,
      stdout: `${file}: ok, 1 storage server, 1 node\n`,
      stderr: '',
    });
    expect(statSync(file).mode & 0o007).toBe(0);
  });

  it('leaves a file that is there alone, unless told otherwise', async () => {
    const file = path.join(home, 'mine.yaml');
    writeFileSync(file, 'backups: 3\n');
    for (const args of [[file], ['-c', file]]) {
      const { code, stderr } = await run(['config', 'init', ...args]);
      expect(code).toBe(2);
      expect(stderr).toContain('is there already');
      expect(readFileSync(file, 'utf8')).toBe('backups: 3\n');
    }
    expect(await run(['config', 'init', file, '--force', '--dry-run'])).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe('backups: 3\n');
    expect(await run(['config', 'init', file, '--force'])).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toContain('storageServers:');
  });

  it('says so when it can not write', async () => {
    writeFileSync(path.join(home, 'file'), '');
    const { code, stderr } = await run(['config', 'init', './file/config.yaml']);
    expect(code).toBe(1);
    expect(stderr).toContain('can not write');
  });
});

describe('config check', () => {
  it('tells everything that is wrong, for people and machines', async () => {
    writeFileSync(path.join(home, 'c.yaml'), 'node: {}\nbackups: many\n');
    const { code, stderr } = await run(['config', 'check', '-c', 'c.yaml']);
    expect(code).toBe(2);
    expect(stderr.split('\n').slice(0, 3)).toEqual([
      'error: the configuration has 2 errors',
      `       ${home}/c.yaml:1: node is not a key that is known here: did you mean nodes?`,
      expect.stringContaining(`       ${home}/c.yaml:2: backups must be`),
    ]);
    const document = JSON.parse(
      (await run(['config', 'check', '-c', 'c.yaml', '-o', 'json'])).stderr,
    ) as unknown;
    expect(document).toMatchObject({
      reason: 'BAD_CONFIG',
      details: { problems: [{ line: 1 }, { line: 2 }] },
    });
  });

  it('looks at key files', async () => {
    writeFileSync(path.join(home, 'key'), '');
    chmodSync(path.join(home, 'key'), 0o604);
    writeFileSync(
      path.join(home, 'c.yaml'),
      'nodes:\n  n: { identityFile: ./key }\n  m: { identityFile: ./none }\n',
    );
    const { code, stderr } = await run(['config', 'check', '-c', 'c.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain(`${home}/c.yaml:2: nodes.n.identityFile ${home}/key can be read by others`);
    expect(stderr).toContain(`chmod 600 ${home}/key`);
    expect(stderr).toContain(`${home}/c.yaml:3: nodes.m.identityFile ${home}/none does not exist`);
  });

  it('warns on stderr, and not with -q', async () => {
    writeFileSync(path.join(home, 'c.yaml'), 'nodes:\n  n: { verifyHostKey: false }\n');
    const check = ['config', 'check', '-c', 'c.yaml'];
    expect((await run(check)).stderr).toMatch(/^warning: .*c\.yaml:2: nodes\.n\.verifyHostKey/);
    expect((await run([...check, '-q'])).stderr).toBe('');
    expect(JSON.parse((await run([...check, '--log-format', 'json'])).stderr)).toMatchObject({
      level: 'warning',
      event: 'warning',
    });
  });
});

describe('config show', () => {
  it('tells where each value came from', async () => {
    writeFileSync(path.join(home, 'c.yaml'), 'timeouts:\n  lock: 5s\n');
    const world = { env: { RDSCTL_CONFIG: './c.yaml', RDSCTL_STATE: './s' } };
    const { code, stdout } = await run(['config', 'show', '-o', 'yaml'], world);
    expect(code).toBe(0);
    const { config, sources } = parse(stdout) as {
      config: Record<string, unknown>;
      sources: Record<string, string>;
    };
    expect(config).toMatchObject({ timeouts: { lock: '5s', connect: '10s' }, state: { path: `${home}/s` } });
    expect(sources).toMatchObject({
      'timeouts.lock': `${home}/c.yaml:2`,
      'timeouts.connect': 'default',
      'state.path': 'RDSCTL_STATE',
    });
    const flag = await run(['config', 'show', '--lock-timeout', '1m', '--state', './t'], world);
    expect(flag.stdout).toMatch(/^timeouts\.lock +60s +--lock-timeout$/m);
    expect(flag.stdout).toMatch(/^state\.path +\S+\/t +--state$/m);
  });

  it('shows a configuration that can be used as one', async () => {
    const text = [
      'storageServers: { r: { host: 10.0.0.1, identityFile: ./key } }',
      'nodes: { n: {}, here: { transport: local } }',
      'nvme: { ctrlLossTmo: -1 }',
    ].join('\n');
    writeFileSync(path.join(home, 'c.yaml'), text);
    const show = ['config', 'show', '-o', 'json', '-c'];
    const { config } = JSON.parse((await run([...show, 'c.yaml'])).stdout) as { config: object };
    writeFileSync(path.join(home, 'again.yaml'), JSON.stringify(config));
    const again = await run([...show, 'again.yaml']);
    expect(again.stderr).toBe('');
    expect((JSON.parse(again.stdout) as { config: object }).config).toEqual(config);
  });
});
