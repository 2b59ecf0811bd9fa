import type ssh2 from 'ssh2';
import { describe, expect, test } from 'vitest';
import { exec, login, openssh, simulate } from './clients.ts';

/** A shell on an ssh2 connection, and what it shows. */
function shell(client: ssh2.Client, window: ssh2.PseudoTtyOptions | false = { cols: 200, rows: 50 }) {
  return new Promise<{
    channel: ssh2.ClientChannel;
    see: (until: string) => Promise<string>;
    closed: Promise<void>;
  }>((resolve, reject) => {
    client.shell(window, (error, channel) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      let shown = '';
      let changed = (): void => undefined;
      channel.on('data', (chunk: Buffer) => {
        shown += chunk.toString('latin1');
        changed();
      });
      const closed = new Promise<void>((done) => channel.once('close', () => done()));
      const see = async (until: string): Promise<string> => {
        while (!shown.includes(until)) await new Promise<void>((next) => (changed = next));
        const end = shown.indexOf(until) + until.length;
        const text = shown.slice(0, end);
        shown = shown.slice(end);
        return text;
      };
      resolve({ channel, see, closed });
    });
  });
}

describe('a shell on a storage server', () => {
  test('OpenSSH’s client with a terminal: prompt, answer, quit', async () => {
    const simulation = await simulate();
    const { code, out } = await openssh(simulation, 'rds1', [], {
      user: 'rdsctl+cet',
      flags: ['-tt'],
      input: '/disk set vol-1 comment=typed\r:put [/disk get vol-1 comment]\rquit\r:put never\r',
    });
    expect(code).toBe(0);
    expect(out).toContain('MikroTik RouterOS 7.21.5');
    expect(out).toContain('\r[rdsctl@rds1] > :put [/disk get vol-1 comment]\r\n\rtyped\r\n');
    expect(out).toMatch(/> quit\r\n\r\ninterrupted\r\n$/);
  });

  test('OpenSSH’s client without a terminal: the end of its input is the end', async () => {
    const simulation = await simulate();
    const { code, out } = await openssh(simulation, 'rds1', [], { flags: ['-T'], input: ':put hello\n' });
    expect(code).toBe(0);
    expect(out).toContain('\rhello\r\n');
  });

  test('ssh2: lines one after another, the width follows the window', async () => {
    const client = await login(await simulate(), 'rds1', { username: 'rdsctl+cet' });
    const { channel, see, closed } = await shell(client);
    await see('\r[rdsctl@rds1] > ');
    channel.write('/disk print detail without-paging where slot=vol-1\r');
    expect((await see('file-offset=0')).split('\n').at(-1)?.length).toBeGreaterThan(100);
    channel.setWindow(50, 60, 0, 0);
    // The new size is there before what is sent after it: both go over one channel, in order.
    channel.write('/disk print detail without-paging where slot=vol-1\r');
    const narrow = (await see('file-offset=0')).split('\n').filter((line) => line.includes('='));
    expect(Math.max(...narrow.slice(1).map((line) => line.trim().length))).toBeLessThanOrEqual(60);
    channel.write('/quit\r');
    await closed;
  });

  test('counts as a session: another on the same connection waits until it ends', async () => {
    const client = await login(await simulate(), 'rds1', { username: 'rdsctl+cet' });
    const { channel, see } = await shell(client);
    await see('] > ');
    const order: string[] = [];
    const behind = exec(client, ':put behind').then(({ out }) => order.push(out));
    channel.write(':put first\r');
    await see('\rfirst\r\n');
    order.push('first');
    channel.end('quit\r');
    await behind;
    expect(order).toEqual(['first', 'behind\r\n']);
  });
});

test('an exec takes its width from the login name, too', async () => {
  const simulation = await simulate();
  const lines = async (user: string): Promise<string[]> => {
    const { out } = await openssh(simulation, 'rds1', ['/disk print detail'], { user });
    return out.split('\r\n');
  };
  const [narrow, usual] = [await lines('rdsctl+80w'), await lines('rdsctl')];
  expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(80);
  const least = await lines('rdsctl+1w');
  expect(least.length).toBeGreaterThan(100);
  expect(Math.max(...usual.map((line) => line.length))).toBeGreaterThan(200);
});

test('an exec that goes on sends what it has, and another connection is not held up', async () => {
  const simulation = await simulate();
  const client = await login(simulation);
  const first = await new Promise<string>((resolve, reject) => {
    client.exec('/disk print count-only interval=1', (error, channel) => {
      if (error === undefined) channel.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
      else reject(error);
    });
  });
  expect(first).toBe('2\r\n');
  expect((await exec(await login(simulation), ':put free')).out).toBe('free\r\n');
});
