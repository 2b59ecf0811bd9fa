import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bootLab, type Lab } from './lab.ts';
import type { LabNode } from './lab-node.ts';
import { until } from './until.ts';

const mebibyte = 1024 * 1024;
const nqn = 'nqn.2000-02.com.mikrotik:boot';
let lab: Lab;

beforeAll(async () => {
  lab = await bootLab();
});
afterEach(() => lab.reset());
afterAll(() => lab.close());

async function offer(options: { allow?: LabNode; exported?: boolean } = {}): Promise<void> {
  const { allow = lab.node(1), exported = true } = options;
  await lab.target.apply({ volume: 'boot', nqn, port: 4420, allow: allow.hostNqn, exported });
}

function connectTo(subsystem: string, port: number): string {
  return `modprobe nvme-tcp && nvme connect -t tcp -a 10.77.0.1 -s ${port} -n ${subsystem} --reconnect-delay=2 \
    --hostnqn="$(cat /etc/nvme/hostnqn)" --hostid="$(cat /etc/nvme/hostid)"`;
}

const connect = connectTo(nqn, 4420);
const state = 'cat /sys/class/nvme/nvme*/state';

async function connected(node: LabNode): Promise<void> {
  await node.read(connect);
  await node.read('timeout 10 sh -c "until [ -b /dev/nvme0n1 ]; do sleep 0.05; done"');
}

/** As rdsctl would, but by OpenSSH's client. */
async function login(node: LabNode, limitSeconds: number): Promise<string> {
  const { sshPort, keyFile, knownHostsFile } = node;
  const options = ['BatchMode=yes', `ConnectTimeout=${limitSeconds}`, `UserKnownHostsFile=${knownHostsFile}`];
  const ssh = [
    '-F',
    'none',
    '-p',
    String(sshPort),
    '-i',
    keyFile,
    ...options.flatMap((each) => ['-o', each]),
  ];
  return (await promisify(execFile)('ssh', [...ssh, 'root@127.0.0.1', 'hostname'])).stdout;
}

/** Writes one block in the background; the file says how it ended. */
function writeInBackground(node: LabNode): Promise<string> {
  const write = 'dd if=/dev/urandom of=/dev/nvme0n1 bs=4096 count=1 oflag=direct conv=nocreat';
  return node.read(`(${write} >/dev/null 2>&1; echo $? >/tmp/written) </dev/null >/dev/null 2>&1 &`);
}

test('a node starts without the NVMe module, with an identity of its own', async () => {
  const [one, two] = [lab.node(1), lab.node(2)];
  expect(await one.read('ls /sys/module')).not.toMatch(/^nvme_tcp$/m);
  expect(await one.read('cat /etc/nvme/hostnqn /etc/nvme/hostid')).toBe(`${one.hostNqn}\n${one.hostId}`);
  expect(two.hostNqn).not.toBe(one.hostNqn);
});

test('the one that is allowed connects, writes and reads; the other one is refused', async () => {
  const [one, two] = [lab.node(1), lab.node(2)];
  await lab.target.createVolume('boot', 64 * mebibyte);
  await offer();
  await connected(one);
  expect(await one.read('blockdev --getsize64 /dev/nvme0n1')).toBe(String(64 * mebibyte));
  await one.read('mkfs.ext4 -q /dev/nvme0n1 && mount /dev/nvme0n1 /mnt && echo hello >/mnt/file && sync');
  expect(await one.read('cat /mnt/file && blkid -o value -s TYPE /dev/nvme0n1')).toBe('hello\next4');

  expect(await two.run(connect)).toMatchObject({ code: 1 });
  expect(await lab.target.sessions('boot')).toEqual([{ hostNqn: one.hostNqn, node: 'node1' }]);
  expect((await lab.rds.kernelLog()).filter(({ kind }) => kind !== 'ended')).toMatchObject([
    { kind: 'created', nqn, hostNqn: one.hostNqn },
    { kind: 'refused', nqn, hostNqn: two.hostNqn },
  ]);
});

test('a change of the list leaves the session alive, the end of the export cuts it', async () => {
  const [one, two] = [lab.node(1), lab.node(2)];
  await lab.target.createVolume('boot', 64 * mebibyte);
  await offer();
  await connected(one);
  await offer({ allow: two });
  await sleep(1000);
  expect(await one.read(state)).toBe('live');

  const cutAt = Date.now();
  await offer({ allow: two, exported: false });
  await until(async () => (await one.read(state)) !== 'live', 'the cut is noticed');
  await until(async () => (await lab.target.sessions('boot')).length === 0, 'no session is left');
  const last = (await lab.rds.kernelLog()).at(-1);
  expect(last).toMatchObject({ kind: 'ended', hostNqn: one.hostNqn });
  expect(last?.atMs).toBeGreaterThan(cutAt - 1000);
  expect(last?.atMs).toBeLessThan(Date.now() + 1000);
});

test('a slow write is in flight, also after the session was cut', async () => {
  await lab.target.createVolume('boot', 64 * mebibyte, { writeDelayMs: 60_000 });
  await offer();
  await connected(lab.node(1));
  expect(await lab.target.inFlight('boot')).toBe(0);
  await writeInBackground(lab.node(1));
  await until(async () => (await lab.target.inFlight('boot')) === 1, 'the write is in flight');
  await offer({ exported: false });
  expect(await lab.target.inFlight('boot')).toBe(1);
  await lab.target.setWriteDelay('boot', 0);
  await until(async () => (await lab.target.inFlight('boot')) === 0, 'the write is done');
});

test('an export moves to another port and to another name', async () => {
  const node = lab.node(1);
  const described = { volume: 'boot', nqn, port: 4420, allow: '', exported: true };
  await lab.target.createVolume('boot', 512 * 8193);
  await lab.target.apply(described);
  await lab.target.apply({ ...described, port: 4421 });
  expect(await node.run(connectTo(nqn, 4420))).toMatchObject({ code: 1 });
  expect(await node.run(connectTo(nqn, 4421))).toMatchObject({ code: 0 });
  await lab.target.apply({ ...described, nqn: `${nqn}.new`, port: 4421 });
  expect(await node.run(connectTo(`${nqn}.new`, 4421))).toMatchObject({ code: 0 });
  expect(await lab.target.sessions('boot')).toEqual([{ hostNqn: node.hostNqn, node: 'node1' }]);
  await expect(lab.target.createVolume('boot', 512)).rejects.toThrow('exists with');
  await lab.target.removeVolume('boot');
  await expect(lab.target.inFlight('boot')).rejects.toThrow('no such volume');
});

test('a node that cannot be logged in to can still be observed', async () => {
  const node = lab.node(1);
  expect(await login(node, 60)).toBe('node1\n');
  await node.management.drop();
  await expect(login(node, 3)).rejects.toThrow();
  expect(await node.read('hostname')).toBe('node1');
  await node.management.heal();
  expect(await login(node, 60)).toBe('node1\n');
});

test('packets vanish until the network is healed', async () => {
  const node = lab.node(1);
  await lab.target.createVolume('boot', 64 * mebibyte);
  await offer();
  await connected(node);
  await node.network.drop();
  expect(await node.run('ping -c 1 -W 1 10.77.0.1')).toMatchObject({ code: 1 });
  expect(await node.read('cat /sys/class/net/stor0/carrier')).toBe('1');
  await until(async () => (await node.read(state)) !== 'live', 'the cut is noticed');
  await node.network.heal();
  await until(async () => (await node.read(state)) === 'live', 'it is connected again');
});

test('a paused node stands still, a powered-off one starts anew', async () => {
  const node = lab.node(1);
  await node.read('touch /tmp/mark');
  await node.pause();
  await expect(node.run('true', { timeoutMs: 1000 })).rejects.toThrow('No end within 1 s');
  await node.resume();
  expect(await node.run('[ -e /tmp/mark ]')).toMatchObject({ code: 0 });
  await node.powerCut();
  await node.boot();
  expect(await node.run('[ -e /tmp/mark ]')).toMatchObject({ code: 1 });
});

test('after a power cut the storage server offers again what it offered', async () => {
  const node = lab.node(1);
  await lab.target.createVolume('boot', 64 * mebibyte);
  await offer();
  await connected(node);
  await node.network.drop();
  await lab.rds.powerCut();
  await lab.rds.boot();
  expect(await node.run('ping -c 1 -W 1 10.77.0.1')).toMatchObject({ code: 1 });
  expect(await lab.target.sessions('boot')).toEqual([]);
  await node.network.heal();
  await until(async () => (await node.read(state)) === 'live', 'it is connected again');
});
