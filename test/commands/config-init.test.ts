import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { onTerminal } from '../cli/terminal/pty.ts';
import { openScene, type Scene } from './scene.ts';

interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly hostKey?: string;
  readonly hostNqn?: string;
  readonly nvme: { readonly address: string };
}

interface Written {
  readonly storageServers: Readonly<Record<string, Login>>;
  readonly nodes: Readonly<Record<string, Login>>;
}

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** The simulation's hosts as its configuration has them, and where the new file goes. */
function setting(scene: Scene) {
  const from = scene.readConfig() as unknown as Written;
  const [rds1] = Object.values(from.storageServers);
  const [node1, node2] = Object.values(from.nodes);
  if (rds1 === undefined || node1 === undefined || node2 === undefined) throw new Error('no hosts');
  const file = path.join(scene.dir, 'new/config.yaml');
  const spec = (login: Login): string => `${login.user}@127.0.0.1:${login.port}`;
  const given = (...more: string[]): string[] => [
    'config',
    'init',
    file,
    '--rds',
    `rds1=${spec(rds1)}`,
    '--nvme-address',
    rds1.nvme.address,
    '--node',
    `node-1=${spec(node1)}`,
    '--node',
    `node-2=${spec(node2)}`,
    '--identity-file',
    `rds1=${rds1.identityFile}`,
    '--identity-file',
    node1.identityFile,
    ...more,
  ];
  return {
    file,
    rds1,
    node1,
    node2,
    spec,
    given,
    written: () => parse(readFileSync(file, 'utf8')) as Written,
  };
}

describe('config init', () => {
  test('with hosts given: reaches them, writes fingerprints and host NQNs, and the file works', async () => {
    const scene = await openScene();
    const { file, given, written, rds1 } = setting(scene);
    const done = await scene.run(...given('--yes'));
    expect(done, done.stderr).toMatchObject({ code: 0 });
    expect(done.stderr).toMatch(/rds1 \(127\.0\.0\.1\) shows the host key SHA256:\S+ \(\S+\), taken unseen/);
    expect(done.stdout).toContain(`rdsctl doctor --config ${file}`);
    const { storageServers, nodes } = written();
    expect(storageServers['rds1']).toMatchObject({ port: rds1.port, nvme: { address: rds1.nvme.address } });
    expect(storageServers['rds1']?.hostKey).toMatch(FINGERPRINT);
    for (const name of ['node-1', 'node-2']) {
      expect(nodes[name]?.hostKey).toMatch(FINGERPRINT);
      expect(nodes[name]?.hostNqn).toBe(scene.hostNqn(name));
    }
    expect((await scene.run('config', 'check', '-c', file)).code).toBe(0);
    expect((await scene.run('volumes', '-c', file, '--state', path.join(scene.dir, 'other'))).code).toBe(0);
  });

  test('without a terminal an unknown host key is no question but an error with the fingerprint', async () => {
    const scene = await openScene();
    const { file, given } = setting(scene);
    const { code, stderr } = await scene.run(...given());
    expect(code).toBe(2);
    expect(stderr).toMatch(/rds1 \(127\.0\.0\.1\) shows the host key SHA256:/);
    expect(stderr).toContain('--yes');
    expect(existsSync(file)).toBe(false);
  });

  test('what can not be reached: nothing is written; with --offline it is', async () => {
    const scene = await openScene();
    const { file, given, written } = setting(scene);
    await scene.faults({ at: 'node-2', when: 'connect', do: 'refuse' });
    const { code, stderr } = await scene.run(...given('--yes'));
    expect(code).toBe(6);
    expect(stderr).toContain('Nothing was written.');
    expect(stderr).toContain('--offline');
    expect(existsSync(file)).toBe(false);
    expect((await scene.run(...given('--offline'))).code).toBe(0);
    expect(Object.keys(written().nodes)).toEqual(['node-1', 'node-2']);
    expect((await scene.run('config', 'check', '-c', file)).code).toBe(0);
  });

  test('a RouterOS that is too old is told, and nothing written', async () => {
    const scene = await openScene();
    const { file, given } = setting(scene);
    scene.mangle((answer) => answer.replace(/\b7\.\d+(\.\d+)?/, '7.16.2'));
    const { code, stderr } = await scene.run(...given('--yes'));
    expect(code).not.toBe(0);
    expect(stderr).toContain('RouterOS 7.16.2');
    expect(existsSync(file)).toBe(false);
  });

  test('nodes with one host NQN are warned of, and it is pinned for neither', async () => {
    const hostNqn = 'nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555';
    const scene = await openScene({ traits: { 'node-1': { hostNqn }, 'node-2': { hostNqn } } });
    const { given, written } = setting(scene);
    const { code, stderr } = await scene.run(...given('--yes'));
    expect(code).toBe(0);
    expect(stderr).toContain('warning: node-1 and node-2 have one host NQN');
    expect(written().nodes['node-1']?.hostNqn).toBeUndefined();
    expect(written().nodes['node-2']?.hostNqn).toBeUndefined();
  });

  test.each([
    [['--rds', 'a b'], /host "a b" is not a host name/],
    [['--rds', 'r=ops+x@10.0.0.1'], /"\+"/],
    [['--rds', '10.0.0.1:99999'], /port/],
    [['--rds', 'x=10.0.0.1', '--node', 'x=10.0.0.2'], /the name x is given twice/],
    [['--node', 'x=10.0.0.2', '--nvme-address', '10.0.0.1'], /none is named with --rds/],
    [['--rds', '10.0.0.1', '--nvme-address', 'nowhere'], /is not an IP address/],
  ])('refuses %j before it reaches anything', async (args, message) => {
    const scene = await openScene();
    const file = path.join(scene.dir, 'c.yaml');
    const { code, stderr } = await scene.run('config', 'init', file, ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(file)).toBe(false);
  });

  test('names are made up, IPv6 and this very host are understood', async () => {
    const scene = await openScene();
    const file = path.join(scene.dir, 'c.yaml');
    const hosts = [
      '--rds',
      '[fd00::1]:2222',
      '--rds',
      'fd00::2',
      '--node',
      'web1.example.org',
      '--node',
      'local',
    ];
    expect((await scene.run('config', 'init', file, ...hosts, '--offline')).code).toBe(0);
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({
      storageServers: {
        rds1: { host: 'fd00::1', port: 2222, user: 'rdsctl', nvme: { address: 'fd00::1' } },
        rds2: { host: 'fd00::2' },
      },
      nodes: { web1: { host: 'web1.example.org' }, 'node-2': { transport: 'local' } },
    });
    expect((await scene.run('config', 'check', '-c', file)).code).toBe(0);
  });
});

describe('config init on a terminal', () => {
  test('asks, shows fingerprints, and writes what was agreed to', async () => {
    const scene = await openScene();
    const { file, rds1, node1, spec, written } = setting(scene);
    const running = onTerminal(['config', 'init', file], { cwd: scene.dir, columns: 160 });
    await running.shows(/^Storage server:/m);
    running.type(`no such host\r`);
    await running.shows(/Its name/);
    running.type('\r\r');
    await running.shows(/is not a host name/);
    // Pasted in one go: what is typed ahead waits for its question.
    running.type(`${spec(rds1)}\r\r${rds1.nvme.address}\r\r`);
    await running.shows(/Node \(/);
    running.type(`${spec(node1)}\rnode-1\r\r`);
    await running.shows(/Private key file for the storage servers/);
    running.type(`${rds1.identityFile}\r${node1.identityFile}\r`);
    await running.shows(
      /rds1 \(127\.0\.0\.1\) shows the host key SHA256:\S+ \(ssh-\S+\)\.[^]*right one\? \[y\/N\]/,
    );
    running.type('y\r');
    await running.shows(/done {6}rds1: reach 127\.0\.0\.1 \(RouterOS \d[^]*node-1[^]*\[y\/N\]/);
    running.type('y\r');
    expect(await running.ended, running.lines().join('\n')).toBe(0);
    expect(running.lines().join('\n')).toContain(`wrote ${file}`);
    expect(written().storageServers['rds1']?.hostKey).toMatch(FINGERPRINT);
    expect(written().nodes['node-1']).toMatchObject({ hostNqn: scene.hostNqn('node-1') });
    expect((await scene.run('nodes', '-c', file, '--state', path.join(scene.dir, 'other'))).code).toBe(0);
  });

  test('a host key that is not agreed to: nothing is written', async () => {
    const scene = await openScene();
    const { file, given } = setting(scene);
    const running = onTerminal(given(), { cwd: scene.dir });
    await running.shows(/right one\? \[y\/N\]/);
    running.type('\r');
    expect(await running.ended).not.toBe(0);
    expect(running.lines().join('\n')).toContain('the host key of rds1 was not agreed to');
    expect(existsSync(file)).toBe(false);
  });
});
