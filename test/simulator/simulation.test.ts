import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runSimulate } from '../../src/simulator/run.ts';
import { exec, login, openssh, simulate } from './ssh/clients.ts';
import { temporaryDirectory } from './world.ts';

describe('what a simulation writes', () => {
  test('a configuration, keys that only their owner can read, known hosts', async () => {
    const simulation = await simulate({ nodes: 3 });
    const { dir } = simulation;
    const config = parse(readFileSync(simulation.configPath, 'utf8')) as Record<string, unknown>;
    expect(simulation.configPath).toBe(join(dir, 'config.yaml'));
    expect(config).toMatchObject({
      apiVersion: 'rdsctl/v1',
      storageServers: {
        rds1: {
          host: '127.0.0.1',
          port: simulation.rds.ssh.port,
          user: 'rdsctl',
          identityFile: join(dir, 'keys/rdsctl'),
          knownHosts: join(dir, 'known_hosts'),
          nvme: { address: '10.77.0.1', port: 4420 },
        },
      },
      fence: { settle: '200ms' },
      state: { path: join(dir, 'state') },
    });
    expect(Object.keys(config['nodes'] as object)).toEqual(['node-1', 'node-2', 'node-3']);
    for (const key of ['rdsctl', 'root', 'host-rds1', 'host-node-1']) {
      expect(statSync(join(dir, 'keys', key)).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(simulation.configPath, 'utf8')).toContain('# How long nothing may be in flight');
  });

  test('an ssh_config for people', async () => {
    const { dir } = await simulate();
    for (const [host, command] of [
      ['rds1', ':put hi'],
      ['node-2', 'echo hi'],
    ] as const) {
      const said = await new Promise((resolve) => {
        const child = spawn('ssh', ['-F', join(dir, 'ssh_config'), host, command]);
        let out = '';
        child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
        child.once('close', () => resolve(out.trim()));
      });
      expect(said).toBe('hi');
    }
  });

  test('keys are used again, everything else is new', async () => {
    const dir = temporaryDirectory();
    const one = await simulate({ dir, nodes: 1 });
    const key = readFileSync(join(dir, 'keys/host-rds1'), 'utf8');
    await openssh(one, 'rds1', ['/disk set vol-1 nvme-tcp-export=yes']);
    await openssh(one, 'node-1', [
      'modprobe nvme-tcp; nvme connect -t tcp -a 10.77.0.1 -n nqn.2000-02.com.mikrotik:vol-1',
    ]);
    await one.close();
    const two = await simulate({ dir, nodes: 1 });
    expect(readFileSync(join(dir, 'keys/host-rds1'), 'utf8')).toBe(key);
    expect((await openssh(two, 'node-1', ['ls $RDSCTL_ROOT/sys/class'])).out).toBe('block\n');
    expect((await openssh(two, 'rds1', [':put [/disk get vol-1 nvme-tcp-export]'])).out).toBe('false\r\n');
  });
});

test('volumes: files of 1 GiB, not to be mounted by RouterOS', async () => {
  const simulation = await simulate({ volumes: 3, routeros: '7.17.1' });
  const client = await login(simulation);
  expect(
    (
      await exec(
        client,
        ':put [:len [/disk find where type=file and mount-filesystem=no and size=1073741824]]',
      )
    ).out,
  ).toBe('3\r\n');
  expect(
    (await exec(client, ':put [/disk get vol-3 file-path]; :put [/system/resource/get version]')).out,
  ).toBe('/raid1/vol-3.img\r\n7.17.1 (stable)\r\n');
});

test('events: one JSON object a line, in the file as soon as they happen', async () => {
  const file = join(temporaryDirectory(), 'events.jsonl');
  const simulation = await simulate({ events: file });
  const { hostNqn } = simulation.node('node-1').kernel;
  await openssh(simulation, 'rds1', [
    `/disk set vol-1 nvme-tcp-server-allow-host-name="${hostNqn}" comment=tag; /disk set vol-1 nvme-tcp-export=yes`,
  ]);
  const connect = 'modprobe nvme-tcp; nvme connect -t tcp -a 10.77.0.1 -n nqn.2000-02.com.mikrotik:vol-1';
  await openssh(simulation, 'node-2', [connect]);
  await openssh(simulation, 'node-1', [`${connect}; sleep 0.1; mount /dev/nvme0n1 /mnt/v; umount /mnt/v`]);
  await openssh(simulation, 'rds1', ['/disk set vol-1 nvme-tcp-export=no']);
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map((each) => each['seq'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const other = simulation.node('node-2').kernel.hostNqn;
  expect(lines).toMatchObject([
    { event: 'comment-changed', rds: 'rds1', volume: 'vol-1', comment: 'tag' },
    { event: 'allow-changed', rds: 'rds1', volume: 'vol-1', allow: hostNqn },
    { event: 'export-on', rds: 'rds1', volume: 'vol-1' },
    {
      event: 'connect-refused',
      rds: 'rds1',
      volume: 'vol-1',
      node: 'node-2',
      hostNqn: other,
      cause: 'not-allowed',
    },
    { event: 'session-opened', rds: 'rds1', volume: 'vol-1', node: 'node-1', hostNqn },
    { event: 'mounted', rds: 'rds1', volume: 'vol-1', node: 'node-1', path: '/mnt/v' },
    { event: 'unmounted', rds: 'rds1', volume: 'vol-1', node: 'node-1', path: '/mnt/v' },
    { event: 'export-off', rds: 'rds1', volume: 'vol-1' },
    { event: 'session-closed', rds: 'rds1', volume: 'vol-1', node: 'node-1', hostNqn, cause: 'unexport' },
  ]);
  expect(Object.keys(lines[4] ?? {}).slice(0, 7)).toEqual([
    'seq',
    'time',
    'event',
    'rds',
    'volume',
    'node',
    'hostNqn',
  ]);
  expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('a firewall rule on the storage server cuts a live session of the node', async () => {
  const simulation = await simulate({ timeScale: 50 });
  const { events, rds } = simulation;
  await openssh(simulation, 'rds1', ['/disk set vol-1 nvme-tcp-export=yes']);
  const connect = 'modprobe nvme-tcp; nvme connect -t tcp -a 10.77.0.1 -n nqn.2000-02.com.mikrotik:vol-1';
  for (const node of ['node-1', 'node-2']) await openssh(simulation, node, [connect]);
  const { address } = simulation.node('node-1').kernel.host;
  await openssh(simulation, 'rds1', [
    '/ip/firewall/raw add chain=prerouting protocol=tcp dst-port=4420 src-address-list=fenced action=drop;' +
      `/ip/firewall/address-list add list=fenced address=${address}`,
  ]);
  const closed = await events.waitFor((each) => each.event === 'session-closed');
  expect(closed).toMatchObject({ node: 'node-1', cause: 'keep-alive' });
  expect(rds.target.openSessions('vol-1').map((each) => each.request.node)).toEqual(['node-2']);
});

test('two storage servers', async () => {
  const simulation = await simulate({ rds: 2 });
  expect([...simulation.storageServers.keys()]).toEqual(['rds1', 'rds2']);
  const config = parse(readFileSync(simulation.configPath, 'utf8')) as { storageServers: object };
  expect(Object.keys(config.storageServers)).toEqual(['rds1', 'rds2']);
});

describe('runSimulate', () => {
  const run = async (command: string[], more = {}) => {
    const dir = temporaryDirectory();
    let out = '';
    let err = '';
    const io = {
      out: (text: string) => (out += text),
      err: (text: string) => (err += text),
      env: process.env,
    };
    const code = await runSimulate({ dir, nodes: 1, volumes: 1, command, ...more }, io);
    return { dir, code, out, err };
  };

  test('runs a command with RDSCTL_CONFIG and ends with its exit code', async () => {
    const { dir, code, out, err } = await run([
      'sh',
      '-c',
      'echo "$RDSCTL_CONFIG" > "$(dirname "$RDSCTL_CONFIG")/seen"; exit 5',
    ]);
    expect(code).toBe(5);
    expect([out, err]).toEqual(['', expect.stringContaining('ready')]);
    expect(readFileSync(join(dir, 'seen'), 'utf8')).toBe(`${join(dir, 'config.yaml')}\n`);
  });

  test('a command that a signal ended: 128 and the signal; one that is not there: 127', async () => {
    expect((await run(['sh', '-c', 'kill -TERM $$'])).code).toBe(143);
    expect((await run(['/no/such/command'])).code).toBe(127);
  });

  test('a version that can not be simulated', async () => {
    await expect(run(['true'], { routeros: '7.16' })).rejects.toThrow('can not be simulated');
    await expect(run(['true'], { routeros: 'newest' })).rejects.toMatchObject({ reason: 'BAD_ARGUMENT' });
  });

  test('a directory that can not be made', async () => {
    await expect(run(['true'], { dir: '/proc/nope/sim' })).rejects.toMatchObject({ reason: 'LOCAL_IO' });
  });

  test('leaves no process behind', async () => {
    const simulation = await simulate({ nodes: 1 });
    const client = await login(simulation, 'node-1');
    const marker = join(simulation.dir, 'pid');
    void exec(client, `echo $$ > ${marker}; exec sleep 300`).catch(() => undefined);
    for (let i = 0; i < 200 && !existsSync(marker); i += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const pid = Number(readFileSync(marker, 'utf8'));
    await simulation.close();
    const gone = await new Promise((resolve) => {
      const check = (tries: number): void => {
        const probe = spawn('kill', ['-0', String(pid)], { stdio: 'ignore' });
        probe.once('close', (code) =>
          code !== 0 || tries === 0 ? resolve(code) : setTimeout(check, 20, tries - 1),
        );
      };
      check(100);
    });
    expect(gone).not.toBe(0);
  });
});
