import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { openEtcdStore } from '../../src/state/etcd/etcd-store.ts';
import { numbers } from '../safety/crowd-plan.ts';
import type { CrowdPlace } from '../safety/crowd-place.ts';
import type { Cluster, Member } from './cluster.ts';

/** Seconds after which the locks of a host that gives no sign of life are free. */
const LEASE_SECONDS = 3;
const HOSTS = 3;
/** A member gets into trouble at each so-manieth command; the one before is well again then. */
const COMMANDS_A_TROUBLE = 6;

/**
 * The state in an etcd cluster, reached from three admin hosts that each ask another member first. One member at
 * a time is killed, stopped, cut off from the others or from everybody; commands are stopped for longer than
 * their lease lasts.
 */
export function inCluster(cluster: Cluster, seed: number): (dir: string) => Promise<CrowdPlace> {
  return (dir) => {
    const random = numbers(seed ^ 0x5eed);
    const below = (count: number): number => Math.floor(random() * count);
    const configs = Array.from({ length: HOSTS }, (_, number) => writeConfig(dir, cluster, number));
    let heal: () => void = () => undefined;
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
    return Promise.resolve({
      host: (number) => ({
        wrapper: ['unshare', '--uts', 'sh', '-ec', `hostname admin${number % HOSTS}; exec "$@"`, 'sh'],
        env: configs[number % HOSTS] ?? {},
        stop: number % 9 === 4 ? stopped(100 + below(1500)) : null,
      }),
      trouble(number) {
        if (number % COMMANDS_A_TROUBLE !== 0) return;
        heal();
        heal = befall(cluster.members[below(HOSTS)], below(4));
      },
      async calm() {
        heal();
        await cluster.ready();
      },
      state: () => store.read(),
      leftBehind: async () => {
        const [member] = cluster.members;
        return member === undefined ? [] : locksLeft(member.url);
      },
      close: () => store.close(),
    });
  };
}

function stopped(afterMs: number): { afterMs: number; untilMs: number } {
  return { afterMs, untilMs: afterMs + 2 * LEASE_SECONDS * 1000 };
}

/** @returns what ends it */
function befall(member: Member | undefined, which: number): () => void {
  if (member === undefined) return () => undefined;
  if (which === 0) {
    const gone = member.kill();
    return () => void gone.then(() => member.start());
  }
  if (which === 1) {
    member.stop();
    return () => member.wake();
  }
  if (which === 2) member.isolate();
  else member.unplug();
  return () => member.heal();
}

/** @returns the environment of an admin host's commands */
function writeConfig(dir: string, { members }: Cluster, number: number): Record<string, string> {
  const home = join(dir, `admin${number}`);
  mkdirSync(home, { mode: 0o700 });
  const file = join(home, 'config.yaml');
  const config = parse(readFileSync(join(dir, 'config.yaml'), 'utf8')) as { timeouts?: object };
  const own = members.map((_, index) => members[(index + number) % members.length]?.url ?? '');
  const hosts = own.map((url) => new URL(url).host).join(',');
  const state = { url: `etcd://${hosts}/rdsctl`, path: join(home, 'state') };
  const timeouts = { ...config.timeouts, lease: `${LEASE_SECONDS}s` };
  writeFileSync(file, stringify({ ...config, state, timeouts }), { mode: 0o600 });
  return { HOME: home, RDSCTL_CONFIG: file };
}

/** The locks that are there when every lease of an ended process has run out. */
async function locksLeft(url: string): Promise<string[]> {
  const until = performance.now() + 5 * LEASE_SECONDS * 1000;
  for (;;) {
    const keys = await keysUnder(url, '/rdsctl/locks/');
    if (keys.length === 0 || performance.now() > until) return keys;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function keysUnder(url: string, prefix: string): Promise<string[]> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
  const body = JSON.stringify({ key: base64(prefix), range_end: base64(end), keys_only: true });
  const response = await fetch(`${url}/v3/kv/range`, { method: 'POST', body });
  const { kvs = [] } = (await response.json()) as { kvs?: { key: string }[] };
  return kvs.map(({ key }) => Buffer.from(key, 'base64').toString());
}
