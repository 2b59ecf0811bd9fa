import { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { afterEach, expect, test, vi } from 'vitest';
import { Link } from '../../src/ssh/link.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A stream whose other side takes nothing any more, not even the end. */
function stuckStream(): Duplex {
  return new Duplex({ read: () => undefined, write: () => undefined, final: () => undefined });
}

test('a goodbye that nobody takes does not hold up the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const stream = stuckStream();
  const link = new Link(new ssh2.Client(), stream, null);
  const closed = link.close(500);
  vi.advanceTimersByTime(500);
  await closed;
  expect([link.ended, stream.destroyed, vi.getTimerCount()]).toEqual([true, true, 0]);
});

test('the end of a connection ends the jump host before it, and is told once', () => {
  const outer = stuckStream();
  const jump = new Link(new ssh2.Client(), outer, null);
  const link = new Link(new ssh2.Client(), stuckStream(), jump);
  const told: string[] = [];
  link.onEnd(() => told.push('link'));
  jump.onEnd(() => told.push('jump'));
  const forget = link.onEnd(() => told.push('forgotten'));
  forget();
  link.destroy();
  link.destroy();
  expect(told).toEqual(['link', 'jump']);
  expect(outer.destroyed).toBe(true);
});

test('an agent that can not sign does not end the connection, any other error does', () => {
  const client = new ssh2.Client();
  const stream = stuckStream();
  const link = new Link(client, stream, null);
  client.emit('error', Object.assign(new Error('Agent responded with failure'), { level: 'agent' }));
  expect(stream.destroyed).toBe(false);
  const cause = new Error('bad packet');
  client.emit('error', cause);
  client.emit('error', new Error('what comes of it'));
  expect([stream.destroyed, link.cause]).toEqual([true, cause]);
});
