import { randomBytes } from 'node:crypto';

import { together } from '../batching/together.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { ConnectRequest, ConnectResult, DisconnectResult, NodePort } from '../operations/ports/node.ts';
import { readDiagnosis } from './diagnosis-report.ts';
import { between, readConnects, readDisconnects, readView } from './report.ts';
import type { ScriptRunner } from './runner.ts';
import { CONNECT } from './scripts/connect.ts';
import { DIAGNOSE } from './scripts/diagnose.ts';
import { DISCONNECT } from './scripts/disconnect.ts';
import { OBSERVE } from './scripts/observe.ts';
import { WATCH } from './scripts/watch.ts';
import { readWatch } from './watch-report.ts';

/** Milliseconds, unless said. */
export interface LinuxNodeTimes {
  readonly command: number;
  /** How long a block device may take to appear or go. */
  readonly device: number;
  /** -1000 and below: never (ctrl-loss-tmo -1). */
  readonly ctrlLossTmo: number;
  readonly reconnectDelay: number;
  readonly keepAliveTmo: number;
  readonly fastIoFailTmo: number;
}

export interface LinuxNodeOptions {
  readonly name: string;
  readonly runner: ScriptRunner;
  readonly times: LinuxNodeTimes;
  /** Told of each script before it is run. */
  readonly onCommand?: (command: string, changes: boolean) => void;
  /** For tests: the nonces. */
  readonly nonce?: () => string;
}

/** nvme-cli stalls for 70 s at the most in our scripts; then its own deadline ends it. */
const LONGEST_NVME_CLI = 75_000;

/** To disconnect: 6 s for the test of use and 11 s for each of two controllers, then they are dropped. */
const LONGEST_DISCONNECT = 30_000;

/** Subsystems dropped in one script: with long names that is 30 kB of arguments; a shell takes 128. */
const MOST_DROPPED_AT_ONCE = 100;

/** A subsystem at an address of the storage network. */
type Place = Pick<ConnectRequest, 'nqn' | 'address'>;

/**
 * A Linux node with nvme-cli. Connects that are asked for while others are on their way go out together, and so do
 * the drops of what it was cut off from: a connection runs one script at a time.
 */
export function linuxNode(options: LinuxNodeOptions): NodePort {
  const { name, runner, times } = options;
  const nonce = options.nonce ?? (() => randomBytes(8).toString('hex'));
  let underWay = 0;

  async function report(
    step: { script: string; args: readonly string[]; changes: boolean; timeoutMs: number },
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const mark = nonce();
    const args = [mark, ...step.args];
    options.onCommand?.(`${runner.commandLine(args)} <<'EOF'\n${step.script.trim()}\nEOF`, step.changes);
    const result = await counted(
      runner.run(step.script, args, {
        timeoutMs: step.timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    const json = between(result.stdout, mark);
    if (json !== null) return Buffer.from(json, 'latin1').toString('utf8');
    throw noReport(name, result);
  }

  async function counted<T>(running: Promise<T>): Promise<T> {
    underWay += 1;
    try {
      return await running;
    } finally {
      underWay -= 1;
    }
  }

  async function connect(
    requests: readonly ConnectRequest[],
    signal: AbortSignal | undefined,
  ): Promise<ConnectResult[]> {
    const args = [
      String(wholeSeconds(times.ctrlLossTmo)),
      String(wholeSeconds(times.reconnectDelay)),
      String(wholeSeconds(times.keepAliveTmo)),
      String(wholeSeconds(times.fastIoFailTmo)),
      String(wholeSeconds(times.device)),
      requests.every(({ nvmeCli }) => /^(?:[3-9]|\d{2,})\./.test(nvmeCli)) ? '1' : '0',
      ...requests.flatMap((one) => [one.nqn, one.address, String(one.port), one.hostNqn, one.hostId]),
    ];
    const timeoutMs = LONGEST_NVME_CLI + times.device + times.command;
    const json = await report({ script: CONNECT, args, changes: true, timeoutMs }, signal);
    return readConnects(json, name, requests.length);
  }
  const connectTogether = together(connect, 'all');

  /** One alone where use is asked: in a script with others it would be asked long before its controller goes. */
  async function disconnectOne(place: Place, signal: AbortSignal | undefined): Promise<DisconnectResult> {
    const [result] = await disconnect([place], false, signal);
    if (result === undefined) throw new RdsctlError('INTERNAL', { message: 'a disconnect without a result' });
    return result;
  }

  async function disconnect(
    places: readonly Place[],
    cutOff: boolean,
    signal: AbortSignal | undefined,
  ): Promise<DisconnectResult[]> {
    const timeoutMs = LONGEST_DISCONNECT + times.device + times.command;
    const args = [
      String(wholeSeconds(times.device)),
      cutOff ? '1' : '0',
      ...places.flatMap(({ nqn, address }) => [nqn, address]),
    ];
    const json = await report({ script: DISCONNECT, args, changes: true, timeoutMs }, signal);
    return readDisconnects(json, name, places.length);
  }

  const dropTogether = together(async (places: readonly Place[], signal) => {
    const results: DisconnectResult[] = [];
    for (let from = 0; from < places.length; from += MOST_DROPPED_AT_ONCE) {
      results.push(...(await disconnect(places.slice(from, from + MOST_DROPPED_AT_ONCE), true, signal)));
    }
    return results;
  }, 'all');

  return {
    name,
    open: () => {
      runner.open();
    },

    async observe({ usesOf, signal }) {
      const json = await report(
        { script: OBSERVE, args: usesOf, changes: false, timeoutMs: times.command },
        signal,
      );
      return readView(json, name);
    },

    connect: (request, { signal } = {}) => connectTogether(request, signal),

    disconnect: ({ nqn, address, cutOff = false }, { signal } = {}) =>
      cutOff ? dropTogether({ nqn, address }, signal) : disconnectOne({ nqn, address }, signal),

    async diagnose({ signal } = {}) {
      const step = { script: DIAGNOSE, args: [], changes: false, timeoutMs: times.command };
      return readDiagnosis(await report(step, signal), name);
    },

    async beginWatch({ nqn, address, seconds }, { signal } = {}) {
      const step = { script: WATCH, args: ['begin', nqn, address, String(seconds)], changes: true };
      return readWatch(await report({ ...step, timeoutMs: times.command }, signal), name).id;
    },

    async lookAtWatch(id, { signal } = {}) {
      const step = { script: WATCH, args: ['look', id], changes: false, timeoutMs: times.command };
      const watch = readWatch(await report(step, signal), name);
      return watch.id === null ? null : watch.view;
    },

    async endWatch(id, { signal } = {}) {
      const step = { script: WATCH, args: ['end', id], changes: true };
      await report({ ...step, timeoutMs: LONGEST_WATCH_END + times.command }, signal);
    },

    rest: () => (underWay === 0 ? runner.close() : Promise.resolve()),

    close: () => runner.close(),
  };
}

/** Five seconds for what reads to end by itself, then it is killed. */
const LONGEST_WATCH_END = 10_000;

/** nvme-cli and sysfs take whole seconds; a fraction counts as the next second, "never" is -1. */
function wholeSeconds(milliseconds: number): number {
  return milliseconds < 0 ? -1 : Math.ceil(milliseconds / 1000);
}

function noReport(
  node: string,
  result: { stdout: string; stderr: string; exitCode: number | null },
): RdsctlError {
  const words = result.stderr.trim().split('\n').slice(-3).join(' ').slice(0, 300);
  if (/^sudo: /m.test(result.stderr)) {
    return new RdsctlError('NOT_PERMITTED', {
      message: `${node} does not let the login use sudo without a password: ${words}`,
      now: 'Nothing was changed.',
      hints: [
        {
          when: `On ${node}, as root, for the login rdsctl uses:`,
          run: "echo 'rdsctl ALL=(root) NOPASSWD: /bin/sh' > /etc/sudoers.d/rdsctl",
        },
      ],
      details: { node },
    });
  }
  return new RdsctlError('BAD_ANSWER', {
    message: `${node} did not report back (exit status ${result.exitCode ?? 'none'}${words === '' ? '' : `: ${words}`})`,
    details: { node, exitStatus: result.exitCode, stdout: result.stdout.slice(0, 300) },
  });
}
