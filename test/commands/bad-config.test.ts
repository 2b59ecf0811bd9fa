import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openScene } from './scene.ts';

const COMMANDS: readonly (readonly string[])[] = [
  ['attach', 'vol-1', 'node-1'],
  ['fence', 'node-1', '--yes'],
  ['config', 'check'],
];

const PROBLEMS: readonly (readonly [string, object, RegExp])[] = [
  ['an unknown key', { storageServers: { rds1: { idenityFile: 'x' } } }, /config\.yaml:\d+: .*identityFile/],
  ['an unknown key at the top', { node: {} }, /config\.yaml:\d+: .*nodes/],
  ['a port that is none', { storageServers: { rds1: { port: 'ssh' } } }, /port number/],
  ['a duration that is none', { timeouts: { connect: 'soon' } }, /config\.yaml:\d+: timeouts\.connect/],
  ['a list that is none', { storageServers: { rds1: { volumes: 'all' } } }, /must be a list/],
  ['a "+" in the RouterOS user', { storageServers: { rds1: { user: 'admin+ct' } } }, /must not have a "\+"/],
  ['another apiVersion', { apiVersion: 'rdsctl/v2' }, /rdsctl\/v1/],
  ['a name that is none', { nodes: { 'node 1;': { host: 'x' } } }, /not a name/],
  ['a host NQN that is none', { nodes: { 'node-1': { hostNqn: 'abc' } } }, /NQN/],
];

describe.each(PROBLEMS)('a configuration with %s', (_name, over, says) => {
  test('ends with 2, line and fix; nothing is asked or changed', async () => {
    const scene = await openScene({ nodes: 1, config: over });
    for (const command of COMMANDS) {
      const refused = await scene.run(...command);
      expect(refused.code, command.join(' ')).toBe(2);
      expect(refused.stderr).toMatch(says);
    }
    expect(scene.simulation.rds.ssh.counters.logins).toBe(0);
    expect(scene.stateBytes()).toBeNull();
  });
});

describe('key files', () => {
  test('one that is missing ends with 2 and its path', async () => {
    const scene = await openScene({ nodes: 1 });
    scene.configure({ storageServers: { rds1: { identityFile: '/nonexistent/key' } } });
    const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.error()).toMatchObject({ reason: 'BAD_KEY_FILE' });
    expect(refused.stderr).toContain('/nonexistent/key');
    expect(scene.stateBytes()).toBeNull();
    expect((await scene.run('config', 'check')).code).toBe(2);
  });

  test('one that others may read ends with 2 and the chmod that mends it', async () => {
    const scene = await openScene({ nodes: 1 });
    const key = join(scene.dir, 'open-key');
    copyFileSync(join(scene.dir, 'keys', 'rdsctl'), key);
    chmodSync(key, 0o644);
    scene.configure({ storageServers: { rds1: { identityFile: key } } });
    const refused = await scene.run('attach', 'vol-1', 'node-1', '-o', 'json');
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.error()).toMatchObject({ reason: 'BAD_KEY_FILE' });
    expect(refused.stderr).toContain('chmod');
    expect((await scene.run('config', 'check')).code).toBe(2);
  });
});

describe('a configuration file', () => {
  test('that is not there, or not named anywhere, ends with 2 and how to make one', async () => {
    const scene = await openScene({ nodes: 1 });
    const missing = await scene.run('list', '--config', '/nonexistent/config.yaml');
    expect(missing.code).toBe(2);
    const none = await scene.start(['attach', 'vol-1', 'node-1'], { env: { RDSCTL_CONFIG: undefined } })
      .ended;
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('rdsctl config init');
  });

  test('that is not YAML ends with 2 and its line', async () => {
    const scene = await openScene({ nodes: 1 });
    const file = join(scene.dir, 'broken.yaml');
    writeFileSync(file, 'apiVersion: rdsctl/v1\nnodes: [\n');
    const refused = await scene.run('nodes', '-c', file);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/broken\.yaml:\d+:/);
  });

  test('that config init wrote is not overwritten; config show tells the one in force', async () => {
    const scene = await openScene({ nodes: 1 });
    const file = join(scene.dir, 'new', 'config.yaml');
    expect((await scene.run('config', 'init', file)).code).toBe(0);
    expect((await scene.run('config', 'init', file)).code).toBe(2);
    const shown = await scene.run('config', 'show', '-o', 'json');
    expect(shown.json()).toMatchObject({
      kind: 'Config',
      config: { storageServers: { rds1: { port: expect.any(Number) as number } } },
    });
  });
});
