import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMBERS = [1, 2, 3] as const;

/** What can be done to a member. */
export interface Member {
  /** Where clients of this host reach it. */
  readonly url: string;
  /** SIGKILL; what it had not yet forced to disk is what its write-ahead log says. */
  kill(): Promise<void>;
  /** Starts it again on its data. */
  start(): void;
  /** SIGSTOP: it keeps its connections and answers nothing. */
  stop(): void;
  /** SIGCONT. */
  wake(): void;
  /** No packet to or from the other members: clients still reach it, the majority goes on without it. */
  isolate(): void;
  /** No packet to or from anybody. */
  unplug(): void;
  /** Ends {@link isolate} and {@link unplug}. */
  heal(): void;
}

export interface Cluster {
  readonly members: readonly Member[];
  /** Resolves when every member answers for a majority. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Three members of the real etcd, each in a network namespace of its own, on one bridge with this host.
 * Needs root.
 */
export async function openCluster(): Promise<Cluster> {
  const net = new Net();
  const directory = mkdtempSync(join(tmpdir(), 'rdsctl-etcd-'));
  const processes = new Map<number, ChildProcess>();
  const start = (number: number): void => {
    processes.set(number, startMember(net, number, directory));
  };
  const close = async (): Promise<void> => {
    await Promise.all([...processes.values()].map(killed));
    net.close();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    net.open();
    for (const number of MEMBERS) start(number);
    const members = MEMBERS.map((number): Member => {
      const signal = (name: NodeJS.Signals) => (): void => void processes.get(number)?.kill(name);
      return {
        url: `http://${net.address(number)}:2379`,
        kill: () => killed(processes.get(number)),
        start: () => start(number),
        stop: signal('SIGSTOP'),
        wake: signal('SIGCONT'),
        isolate: () => net.isolate(number),
        unplug: () => net.link(number, 'down'),
        heal: () => net.heal(number),
      };
    });
    const ready = async (): Promise<void> => {
      for (const { url } of members) await answers(url);
    };
    await ready();
    return { members, ready, close };
  } catch (error) {
    const logs = MEMBERS.map((number) => lastLines(join(directory, `m${number}.log`)));
    await close();
    throw new Error(`the etcd cluster did not start:\n${logs.join('\n')}`, { cause: error });
  }
}

/** A bridge on this host, and behind it a network namespace for each member. */
class Net {
  /** Interface names hold 15 characters at most. */
  readonly #id = `re${process.pid % 100_000}`;
  /** Documentation's own addresses (RFC 5737): nothing real is shadowed. */
  readonly #subnet = '198.51.100';

  address(number: number): string {
    return `${this.#subnet}.${(process.pid % 31) * 8 + 1 + number}`;
  }

  namespace(number: number): string {
    return `${this.#id}-${number}`;
  }

  open(): void {
    ip('link', 'add', this.#id, 'type', 'bridge');
    ip('address', 'add', `${this.address(0)}/29`, 'dev', this.#id);
    ip('link', 'set', this.#id, 'up');
    for (const number of MEMBERS) {
      const [outer, inner, namespace] = [
        `${this.#id}v${number}`,
        `${this.#id}p${number}`,
        this.namespace(number),
      ];
      ip('netns', 'add', namespace);
      ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', namespace);
      ip('link', 'set', outer, 'master', this.#id, 'up');
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      ip('-n', namespace, 'address', 'add', `${this.address(number)}/29`, 'dev', inner);
      ip('-n', namespace, 'link', 'set', inner, 'up');
    }
  }

  isolate(number: number): void {
    for (const other of MEMBERS) {
      if (other === number) continue;
      ip('-n', this.namespace(number), 'route', 'replace', 'blackhole', `${this.address(other)}/32`);
    }
  }

  heal(number: number): void {
    this.link(number, 'up');
    for (const other of MEMBERS) {
      if (other === number) continue;
      try {
        ip('-n', this.namespace(number), 'route', 'del', 'blackhole', `${this.address(other)}/32`);
      } catch {
        // It was not isolated.
      }
    }
  }

  link(number: number, state: 'up' | 'down'): void {
    ip('link', 'set', `${this.#id}v${number}`, state);
  }

  close(): void {
    const made = [
      ...MEMBERS.flatMap((number) => [
        ['link', 'del', `${this.#id}v${number}`],
        ['netns', 'del', this.namespace(number)],
      ]),
      ['link', 'del', this.#id],
    ];
    for (const gone of made) {
      try {
        ip(...gone);
      } catch {
        // What was not made, since something failed before, is not there.
      }
    }
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function startMember(net: Net, number: number, directory: string): ChildProcess {
  const data = join(directory, `m${number}`);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const url = (of: number, port: number): string => `http://${net.address(of)}:${port}`;
  const args = {
    name: `m${number}`,
    'data-dir': data,
    'listen-client-urls': url(number, 2379),
    'advertise-client-urls': url(number, 2379),
    'listen-peer-urls': url(number, 2380),
    'initial-advertise-peer-urls': url(number, 2380),
    'initial-cluster': MEMBERS.map((each) => `m${each}=${url(each, 2380)}`).join(','),
    'initial-cluster-state': 'new',
    logger: 'zap',
  };
  const log = openSync(join(directory, `m${number}.log`), 'a', 0o600);
  const flags = Object.entries(args).map(([name, value]) => `--${name}=${value}`);
  try {
    return spawn('ip', ['netns', 'exec', net.namespace(number), 'etcd', ...flags], {
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

async function killed(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Waits until a member has a leader: it says so in its health. */
async function answers(url: string): Promise<void> {
  const until = Date.now() + 60_000;
  for (;;) {
    try {
      const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) });
      if (((await response.json()) as { health?: string }).health === 'true') return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    if (Date.now() > until) throw new Error(`${url} is not healthy`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function lastLines(file: string): string {
  return readFileSync(file, 'latin1').split('\n').slice(-6).join('\n');
}
