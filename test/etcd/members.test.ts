import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openEtcdStore } from '../../src/state/etcd/etcd-store.ts';
import { outcomeOf, type Outcome } from '../commands/outcome.ts';
import { sampleAttachment, sampleBody } from '../state/samples.ts';
import { openCluster, type Cluster, type Member } from './cluster.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/rdsctl', import.meta.url));
const SAMPLE = sampleAttachment('vol-1');

let cluster: Cluster;
let dir: string;
beforeAll(async () => {
  cluster = await openCluster();
  dir = mkdtempSync(join(tmpdir(), 'rdsctl-members-'));
  writeFileSync(join(dir, 'config.yaml'), 'apiVersion: rdsctl/v1\n', { mode: 0o600 });
  const store = openEtcdStore({
    access: {
      endpoints: cluster.members.map(({ url }) => url),
      prefix: '/rdsctl',
      location: 'the cluster',
      tls: null,
      login: null,
    },
    timeoutMs: 10_000,
    holder: () => ({ who: 'test', host: 'test', pid: process.pid, command: 'test' }),
  });
  await store.update(() => ({ ...sampleBody(), attachments: { [SAMPLE.volume]: SAMPLE } }));
  await store.close();
});
afterAll(async () => {
  await cluster.close();
  rmSync(dir, { recursive: true, force: true });
});
afterEach(async () => {
  for (const member of cluster.members) {
    member.wake();
    member.heal();
  }
  await cluster.ready();
});

/** `rdsctl list` as a process of its own, that knows only these members, in that order. */
function list(...members: readonly (Member | undefined)[]): Promise<Outcome> {
  const hosts = members.map((member) => new URL(member?.url ?? '').host).join(',');
  const args = [PROGRAM, 'list', '--state', `etcd://${hosts}/rdsctl`, '-o', 'json'];
  const env = { PATH: process.env['PATH'], HOME: dir, RDSCTL_CONFIG: join(dir, 'config.yaml') };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject).once('close', (code) => resolve(outcomeOf(code ?? -1, stdout, stderr)));
  });
}

const listed = { code: 0, stderr: '' };

test('every member gives the list', async () => {
  for (const member of cluster.members) {
    const outcome = await list(member);
    expect(outcome).toMatchObject(listed);
    expect(outcome.json()).toMatchObject({ items: [{ volume: 'vol-1' }] });
  }
});

describe.each<[string, (member: Member) => void]>([
  ['cut off from the others', (member) => member.isolate()],
  ['unplugged', (member) => member.unplug()],
  ['stopped', (member) => member.stop()],
])('with one member %s', (_, befall) => {
  test('it gives no list, which might be old, but the others do, also when it is asked first', async () => {
    const [first, second, third] = cluster.members;
    if (first !== undefined) befall(first);
    const [alone, ...others] = await Promise.all([
      list(first),
      list(second),
      list(third),
      list(first, second, third),
    ]);
    expect(alone.code, alone.stdout).toBe(6);
    expect(alone.error()).toMatchObject({ reason: 'STATE_UNREACHABLE' });
    expect(String(alone.error()['message'])).toContain(new URL(first?.url ?? '').host);
    for (const outcome of others) expect(outcome).toMatchObject(listed);
  });
});

test('without a majority no member gives a list; with it again, each does', async () => {
  const [first, second, third] = cluster.members;
  first?.unplug();
  second?.unplug();
  expect((await list(third)).code).toBe(6);
  first?.heal();
  await Promise.all([first, third].map(async (member) => expect(await list(member)).toMatchObject(listed)));
});
