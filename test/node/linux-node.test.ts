import { describe, expect, it } from 'vitest';

import { linuxNode, type LinuxNodeTimes } from '../../src/node/linux-node.ts';
import { plannedNode } from '../../src/node/planned-node.ts';
import { CONNECT } from '../../src/node/scripts/connect.ts';
import { DISCONNECT } from '../../src/node/scripts/disconnect.ts';
import { OBSERVE } from '../../src/node/scripts/observe.ts';
import type { ExecResult } from '../../src/ssh/connection.ts';
import { FakeRunner } from '../fakes/fake-runner.ts';
import { failure } from '../fakes/outcome.ts';

const TIMES: LinuxNodeTimes = {
  command: 30_000,
  device: 15_000,
  ctrlLossTmo: 600_000,
  reconnectDelay: 10_000,
  keepAliveTmo: 5_000,
  fastIoFailTmo: 5_000,
};
const VIEW = {
  bootId: 'b',
  clock: '1',
  kernel: 'gr\u00fcn',
  nvmeCli: null,
  nvmeTcp: true,
  hostNqn: '',
  hostId: '',
  subsystems: [],
};
const CONNECTED = [{ connected: true, words: '', subsystem: null }];
const DISCONNECTED = [{ uses: [], words: '', subsystem: null }];
const REQUEST = {
  nqn: 'nqn.2000-02.com.mikrotik:f1',
  address: '10.77.0.1',
  port: 4421,
  hostNqn: 'nqn.2014-08.com.example:host',
  hostId: '6b1d4a3e-5c5e-4d9e-8f43-0a5b3c7d9e11',
  nvmeCli: '2.13',
};

function setup(answer: object | Partial<ExecResult>, times: Partial<LinuxNodeTimes> = {}) {
  const runner = new FakeRunner(answer);
  const told: { command: string; changes: boolean }[] = [];
  let count = 0;
  const options = {
    name: 'node-1',
    runner,
    times: { ...TIMES, ...times },
    onCommand: (command: string, changes: boolean) => told.push({ command, changes }),
    nonce: () => `n${count++}`,
  };
  return { runner, told, options, node: linuxNode(options) };
}

describe('a node over a runner', () => {
  it('observe: the NQNs whose uses are wanted, the signal, the words of the node decoded', async () => {
    const { node, runner, told } = setup(VIEW);
    const { signal } = new AbortController();
    const view = await node.observe({ usesOf: ['a', 'b'], signal });
    expect(view.kernel).toBe('gr\u00fcn');
    expect(runner.ran).toEqual([
      { script: OBSERVE, args: ['n0', 'a', 'b'], options: { timeoutMs: 30_000, signal } },
    ]);
    expect(told).toHaveLength(1);
    expect(told[0]?.changes).toBe(false);
    expect(told[0]?.command).toBe(`sh -s -- n0 a b <<'EOF'\n${OBSERVE.trim()}\nEOF`);
  });

  it('connect: every argument in its place, times in seconds', async () => {
    const { node, runner, told } = setup(CONNECTED);
    await node.connect(REQUEST);
    expect(runner.ran[0]?.script).toBe(CONNECT);
    expect(runner.ran[0]?.args).toEqual([
      'n0',
      ...['600', '10', '5', '5', '15', '0'],
      ...[REQUEST.nqn, '10.77.0.1', '4421', REQUEST.hostNqn, REQUEST.hostId],
    ]);
    expect(told[0]?.changes).toBe(true);
  });

  it('connect: what is asked for meanwhile goes out as one, each with its own answer', async () => {
    const { node, runner } = setup(CONNECTED);
    const first = node.connect(REQUEST);
    const more = [node.connect({ ...REQUEST, nqn: 'two' }), node.connect({ ...REQUEST, nqn: 'three' })];
    expect(runner.ran).toHaveLength(1);
    const [one] = CONNECTED;
    runner.answer = [
      { ...one, words: 'of two' },
      { ...one, words: 'of three' },
    ];
    await first;
    expect((await Promise.all(more)).map(({ words }) => words)).toEqual(['of two', 'of three']);
    expect(runner.ran).toHaveLength(2);
    expect(runner.ran[1]?.args.filter((_, index) => index >= 7 && (index - 7) % 5 === 0)).toEqual([
      'two',
      'three',
    ]);
  });

  it('a fraction of a second is a whole one, and "never" is -1', async () => {
    const { node, runner } = setup(CONNECTED, {
      ctrlLossTmo: -1,
      reconnectDelay: 1,
      keepAliveTmo: 1001,
      fastIoFailTmo: 0,
      device: 999,
    });
    await node.connect(REQUEST);
    expect(runner.ran[0]?.args.slice(1, 6)).toEqual(['-1', '1', '2', '0', '1']);
  });

  it.each([
    ['2.3', '0'],
    ['2.13', '0'],
    ['3.0', '1'],
    ['9.1', '1'],
    ['10.0', '1'],
    ['1.16', '0'],
    ['unknown', '0'],
  ])('nvme-cli %s is modern: %s', async (nvmeCli, modern) => {
    const { node, runner } = setup(CONNECTED);
    await node.connect({ ...REQUEST, nvmeCli });
    expect(runner.ran[0]?.args[6]).toBe(modern);
  });

  it('disconnect: cut off or not', async () => {
    const { node, runner, told } = setup(DISCONNECTED);
    await node.disconnect({ nqn: 'q', address: '10.77.0.1' });
    await node.disconnect({ nqn: 'q', address: '10.77.0.1', cutOff: true });
    expect(runner.ran.map(({ script, args }) => [script, args])).toEqual([
      [DISCONNECT, ['n0', '15', '0', 'q', '10.77.0.1']],
      [DISCONNECT, ['n1', '15', '1', 'q', '10.77.0.1']],
    ]);
    expect(told.every(({ changes }) => changes)).toBe(true);
  });

  it('disconnect: those that are cut off go out as one, each with its own answer; those in doubt alone', async () => {
    const { node, runner } = setup(DISCONNECTED);
    const place = (nqn: string, cutOff: boolean) => ({ nqn, address: '10.77.0.1', cutOff });
    const first = node.disconnect(place('one', true));
    const more = ['two', 'three'].map((nqn) => node.disconnect(place(nqn, true)));
    const [one] = DISCONNECTED;
    runner.answer = [
      { ...one, words: 'of two' },
      { ...one, words: 'of three' },
    ];
    await first;
    expect((await Promise.all(more)).map(({ words }) => words)).toEqual(['of two', 'of three']);
    runner.answer = DISCONNECTED;
    await Promise.all(['four', 'five'].map((nqn) => node.disconnect(place(nqn, false))));
    expect(runner.ran.map(({ args }) => args.slice(2).filter((arg) => arg !== '10.77.0.1'))).toEqual([
      ['1', 'one'],
      ['1', 'two', 'three'],
      ['0', 'four'],
      ['0', 'five'],
    ]);
  });

  it('disconnect: no more in one script than its arguments have room for', async () => {
    const { node, runner } = setup(DISCONNECTED);
    const nqn = (index: number): string => `${'n'.repeat(220)}${index}`;
    const all = Array.from({ length: 250 }, (_, index) =>
      node.disconnect({ nqn: nqn(index), address: '10.77.0.1', cutOff: true }),
    );
    runner.answer = (args) =>
      args.slice(3).flatMap((arg, at) => (at % 2 === 0 ? [{ ...DISCONNECTED[0], words: arg }] : []));
    expect((await Promise.all(all)).map(({ words }) => words).slice(1)).toEqual(
      Array.from({ length: 249 }, (_, index) => nqn(index + 1)),
    );
    for (const { args } of runner.ran) expect(args.join(' ').length).toBeLessThan(64 * 1024);
    expect(runner.ran).toHaveLength(4);
  });

  it('gives a script the time that its own deadlines add up to: an answer that is on its way is not given up', async () => {
    const short = { command: 1_000, device: 2_000 };
    const connecting = setup(CONNECTED, short);
    await connecting.node.connect(REQUEST);
    // 72 s for nvme-cli, then the wait for the device
    expect(connecting.runner.ran[0]?.options.timeoutMs).toBeGreaterThanOrEqual(72_000 + 2_000);
    const disconnecting = setup(DISCONNECTED, short);
    await disconnecting.node.disconnect({ nqn: 'q', address: 'a' });
    // 6 s for the test of use, 11 s for nvme-cli, then the wait for the controller to go
    expect(disconnecting.runner.ran[0]?.options.timeoutMs).toBeGreaterThanOrEqual(6_000 + 11_000 + 2_000);
  });

  it('rests only when nothing is under way on the connection', async () => {
    const { node, runner } = setup(VIEW);
    const looking = node.observe({ usesOf: [] });
    await node.rest();
    expect(runner.closed).toBe(false);
    await looking;
    await node.rest();
    expect(runner.closed).toBe(true);
  });

  it('rests after a failure, too', async () => {
    const { node, runner } = setup({ stdout: '' });
    await failure(node.observe({ usesOf: [] }));
    await node.rest();
    expect(runner.closed).toBe(true);
  });

  it('opens and closes the connection', async () => {
    const { node, runner } = setup(VIEW);
    node.open();
    await node.close();
    expect([runner.opened, runner.closed]).toEqual([1, true]);
  });
});

describe('a node that does not report back', () => {
  it.each([
    ['nothing at all', { stdout: '', exitCode: null }],
    ['a report of another run', { stdout: 'BEGIN n9\n{}\nOK n9\n' }],
    ['half a report', { stdout: 'BEGIN n0\n{"bootId":' }],
    ['an error of the shell', { stdout: '', stderr: 'sh: 1: mktemp: not found\n', exitCode: 3 }],
  ])('%s: not understood, with what there is', async (_what, result) => {
    const error = await failure(setup(result).node.observe({ usesOf: [] }));
    expect(error).toMatchObject({ reason: 'BAD_ANSWER', exitCode: 10, details: { node: 'node-1' } });
    expect(error.message).toContain('did not report back');
  });

  it('shows the last words and the exit status', async () => {
    const { node } = setup({ stdout: '', stderr: 'one\ntwo\nthree\nfour\n', exitCode: 2 });
    expect((await failure(node.observe({ usesOf: [] }))).message).toBe(
      'node-1 did not report back (exit status 2: two three four)',
    );
  });

  it('sudo that asks for a password: not permitted, with the line for sudoers', async () => {
    const { node } = setup({ stderr: 'sudo: a password is required\n', exitCode: 1 });
    const error = await failure(node.observe({ usesOf: [] }));
    expect(error).toMatchObject({ reason: 'NOT_PERMITTED', exitCode: 10, now: 'Nothing was changed.' });
    expect(error.hints[0]?.run).toContain('NOPASSWD');
  });

  it('a report counts whatever the exit status and stderr: noise of logins', async () => {
    const stdout = `BEGIN n0\n${JSON.stringify({ ...VIEW, kernel: 'k' })}\nOK n0\n`;
    const { node } = setup({ stdout, stderr: 'sudo: unable to resolve host\n', exitCode: 1 });
    expect((await node.observe({ usesOf: [] })).kernel).toBe('k');
  });

  it('a report that is mangled is not understood', async () => {
    const { node } = setup({ stdout: 'BEGIN n0\n{"bootId": nonsense}\nOK n0\n' });
    expect((await failure(node.observe({ usesOf: [] }))).reason).toBe('BAD_ANSWER');
  });
});

describe('a planned node', () => {
  it('looks for real', async () => {
    const { options, runner } = setup(VIEW);
    expect((await plannedNode(options).observe({ usesOf: [] })).bootId).toBe('b');
    expect(runner.ran).toHaveLength(1);
  });

  it('tells the scripts that would change something, and runs none', async () => {
    const { options, runner, told } = setup(VIEW);
    const node = plannedNode(options);
    const { subsystem, connected } = await node.connect(REQUEST);
    expect(connected).toBe(true);
    expect(subsystem?.controllers).toMatchObject([{ state: 'live', address: '10.77.0.1', port: 4421 }]);
    expect(subsystem?.devices).toMatchObject([{ usable: true }]);
    expect(await node.disconnect({ nqn: 'q', address: '10.77.0.1' })).toEqual({
      uses: [],
      controllers: [],
      words: '',
    });
    expect(runner.ran).toEqual([]);
    expect(told.map(({ changes }) => changes)).toEqual([true, true]);
    expect(told[0]?.command).toContain(CONNECT.trim());
    expect(told[1]?.command).toContain(DISCONNECT.trim());
  });
});
