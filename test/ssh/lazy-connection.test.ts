import { expect, test } from 'vitest';
import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import type { Connect, Connection, ExecResult } from '../../src/ssh/connection.ts';
import { lazyConnection } from '../../src/ssh/lazy-connection.ts';
import { targetAt } from './fixtures/workspace.ts';

const timeoutMs = 1000;
const done: ExecResult = { stdout: 'done', stderr: '', exitCode: 0, signal: null };

function lost(sent: boolean): RdsctlError {
  return new RdsctlError('CONNECTION_LOST', { message: 'lost', details: { sent } });
}

function refused(): RdsctlError {
  return new RdsctlError('CONNECT_FAILED', { message: 'refused' });
}

/** A `connect` whose attempts, and whose connections' execs, do one after the other what they are told. */
function scripted(attempts: (Error | (Error | ExecResult)[])[]) {
  const log: string[] = [];
  const connect: Connect = (_target, { signal }) => {
    const attempt = attempts.shift();
    log.push('connect');
    if (attempt === undefined) return untilAborted(signal);
    if (attempt instanceof Error) return Promise.reject(attempt);
    const connection: Connection = {
      peer: 'root@host:22',
      exec: (command) => {
        log.push(command);
        const next = attempt.shift() ?? done;
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
      },
      close: () => {
        log.push('close');
        return Promise.resolve();
      },
    };
    return Promise.resolve(connection);
  };
  return { connect, log };
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}

test('connects at once, and once', async () => {
  const { connect, log } = scripted([[]]);
  const lazy = lazyConnection(targetAt(22, { user: 'root', host: 'host' }), connect);
  expect(log).toEqual(['connect']);
  await lazy.opened();
  expect(await lazy.exec('x', { timeoutMs })).toEqual(done);
  await lazy.close();
  expect(log).toEqual(['connect', 'x', 'close']);
});

test('its peer is known before and exact afterwards', async () => {
  const { connect } = scripted([[]]);
  const lazy = lazyConnection(targetAt(22, { user: null, host: 'alias', port: null }), connect);
  expect(lazy.peer).toBe('alias');
  await lazy.opened();
  expect(lazy.peer).toBe('root@host:22');
});

test('a failure to connect bothers nobody until the first exec; the next one tries again', async () => {
  const { connect, log } = scripted([refused(), []]);
  const lazy = lazyConnection(targetAt(22), connect);
  await new Promise((resolve) => setImmediate(resolve));
  await expect(lazy.exec('x', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECT_FAILED',
    details: { sent: false },
  });
  expect(await lazy.exec('y', { timeoutMs })).toEqual(done);
  expect(log).toEqual(['connect', 'connect', 'y']);
});

test('execs that wait for the same attempt share its failure', async () => {
  const { connect, log } = scripted([refused(), []]);
  const lazy = lazyConnection(targetAt(22), connect);
  const results = await Promise.allSettled([lazy.exec('x', { timeoutMs }), lazy.exec('y', { timeoutMs })]);
  expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
  expect(log).toEqual(['connect']);
});

test('opened tells the failure, and leaves it to the first exec too', async () => {
  const { connect, log } = scripted([refused()]);
  const lazy = lazyConnection(targetAt(22), connect);
  await expect(lazy.opened()).rejects.toMatchObject({ reason: 'CONNECT_FAILED' });
  await expect(lazy.exec('x', { timeoutMs })).rejects.toMatchObject({ reason: 'CONNECT_FAILED' });
  expect(log).toEqual(['connect']);
});

test.each([
  ['CONNECTION_LOST', lost(true)],
  ['NO_ANSWER', new RdsctlError('NO_ANSWER', { message: 'silent', details: { sent: true } })],
])(
  'a command that may have been sent is not sent again (%s); the next one connects anew',
  async (reason, error) => {
    const { connect, log } = scripted([[error], []]);
    const lazy = lazyConnection(targetAt(22), connect);
    await expect(lazy.exec('change', { timeoutMs })).rejects.toMatchObject({ reason });
    expect(await lazy.exec('look', { timeoutMs })).toEqual(done);
    expect(log).toEqual(['connect', 'change', 'close', 'connect', 'look']);
  },
);

test('a command that certainly was not sent goes over a new connection, once', async () => {
  const { connect, log } = scripted([[lost(false)], [lost(false)], []]);
  const lazy = lazyConnection(targetAt(22), connect);
  await expect(lazy.exec('change', { timeoutMs })).rejects.toMatchObject({ reason: 'CONNECTION_LOST' });
  expect(log).toEqual(['connect', 'change', 'close', 'connect', 'change', 'close']);
  expect(await lazy.exec('look', { timeoutMs })).toEqual(done);
});

test('any other error keeps the connection', async () => {
  const { connect, log } = scripted([[new RdsctlError('REMOTE_ERROR', { message: 'no' })]]);
  const lazy = lazyConnection(targetAt(22), connect);
  await expect(lazy.exec('x', { timeoutMs })).rejects.toMatchObject({ reason: 'REMOTE_ERROR' });
  expect(await lazy.exec('y', { timeoutMs })).toEqual(done);
  expect(log).toEqual(['connect', 'x', 'y']);
});

test('a signal ends the wait for the connection, not the attempt', async () => {
  const { connect, log } = scripted([]);
  const lazy = lazyConnection(targetAt(22), connect);
  const controller = new AbortController();
  const waiting = lazy.exec('x', { timeoutMs, signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ reason: 'INTERRUPTED', details: { sent: false } });
  expect(log).toEqual(['connect']);
  await lazy.close();
});

test('close ends an attempt that is under way, and what waits for it', async () => {
  const { connect } = scripted([]);
  const lazy = lazyConnection(targetAt(22), connect);
  const waiting = expect(lazy.exec('x', { timeoutMs })).rejects.toMatchObject({
    reason: 'CONNECTION_LOST',
    details: { sent: false },
  });
  await lazy.close();
  await waiting;
  await lazy.close();
  await expect(lazy.exec('y', { timeoutMs })).rejects.toMatchObject({ details: { sent: false } });
});
