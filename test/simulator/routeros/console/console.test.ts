import { describe, expect, test } from 'vitest';
import { NEXT_PROMPT, onScreen, openConsole } from './fixture.ts';

const PROMPT = '[admin@rds1] > ';
/** As it is drawn on a terminal that understands a carriage return and no more. */
const DRAWN = `\r\r\r\r${PROMPT.padEnd(199)}\r${PROMPT}`;

describe('a line', () => {
  test('is echoed, drawn once more and answered, byte for byte (seen on 7.21.5)', async () => {
    const { type, see } = await openConsole();
    expect(await see(DRAWN)).toContain('MikroTik RouterOS 7.21.5');
    type(':put "hello"\r');
    expect(await see(DRAWN)).toBe(`:put "hello"\r${PROMPT}:put "hello"\r\n\rhello\r\n${DRAWN}`);
    type('/disk set vol-1 comment=x\r');
    expect(await see(DRAWN)).toBe(
      `/disk set vol-1 comment=x\r${PROMPT}/disk set vol-1 comment=x\r\n${DRAWN}`,
    );
    type('/bogus/nope print\r');
    expect(await see(DRAWN)).toContain('\r\n\rsyntax error (line 1 column 7)\r\n');
  });

  test('without anything in it yields another prompt', async () => {
    const { type, see } = await openConsole();
    await see(DRAWN);
    type('\r');
    expect(await see(DRAWN)).toBe(`\r${PROMPT}\r\n${DRAWN}`);
  });

  test('that is longer than the terminal moves to the left (seen on 7.21.5)', async () => {
    const { type, see } = await openConsole({ terminal: { columns: 40, rows: 24 } });
    await see(NEXT_PROMPT);
    type(':put "0123456789012345678901234567890123456789"\r');
    const [echo, answer] = onScreen(await see(NEXT_PROMPT));
    expect(echo).toBe('<456789012345678901234567890123456789"');
    expect(echo?.length).toBeLessThan(40);
    expect(answer).toBe('0123456789012345678901234567890123456789');
  });

  test.each([
    ['abc\x7f\x7fd', 'ad'],
    ['abc\x1b[D\x1b[Dx', 'axbc'],
    ['abc\x01x\x05y', 'xabcy'],
    ['abc\x02\x02\x0b', 'a'],
    ['abc\x02\x15', 'c'],
    ['abc\x1b[1~\x1b[3~', 'bc'],
    ['abc\x1bOD\x1bOC!', 'abc!'],
    ['a\tb\x00c\x1b[99;99Zd', 'abcd'],
    ['a\x1b', 'a'],
  ])('%j is edited to %j', async (typed, line) => {
    const { type, see } = await openConsole();
    await see(DRAWN);
    type(typed.replace('\x1b[3~', '\x1b['));
    if (typed.includes('\x1b[3~')) type('3~');
    type('\r');
    expect((await see('\n')).split('\r').at(-2)).toBe(`${PROMPT}${line}`);
  });

  test('can be had again', async () => {
    const { type, see } = await openConsole();
    await see(DRAWN);
    type(':put 1\r:put 2\r');
    await see(DRAWN);
    await see(DRAWN);
    type('dra\x1b[A\x1b[A\x1b[B\r');
    expect(await see(DRAWN)).toContain('\r\n\r2\r\n');
    type('dra\x1b[A\x1b[Bft\r');
    expect(await see(DRAWN)).toContain(`${PROMPT}draft\r\n`);
  });
});

describe('between lines', () => {
  test('menu and globals stay, locals do not', async () => {
    const { type, see } = await openConsole();
    await see(DRAWN);
    type('/ip/firewall\r');
    expect((await see('\r[admin@rds1] /ip/firewall> ')).split('\r').at(-1)).toBe(
      '[admin@rds1] /ip/firewall> ',
    );
    type('raw print count-only\r');
    expect(await see('firewall> \b'.slice(0, -1))).not.toContain('error');
    type('/\r');
    await see(DRAWN);
    type(':global g 5; :local l 6\r');
    await see(DRAWN);
    type(':put "<$g><$l>"\r');
    expect(await see(DRAWN)).toContain('\r<5><>\r\n');
    type(':set g 7; :put $g\r');
    expect(await see(DRAWN)).toContain('\r7\r\n');
  });

  test('a new identity is in the prompt', async () => {
    const { type, see } = await openConsole();
    await see(DRAWN);
    type('/system identity set name="store 2"\r');
    expect(await see('[admin@store 2] > ')).toContain('\r\n');
  });
});

describe('what runs', () => {
  test('can be interrupted, and what was typed meanwhile follows', async () => {
    const { type, see } = await openConsole();
    await see(DRAWN);
    type(':delay 1h\r');
    await see('\r\n');
    type(':put after\r');
    type('\x03');
    expect(await see(DRAWN)).toContain('\rinterrupted\r\n');
    expect(await see(DRAWN)).toContain('\rafter\r\n');
  });

  test('goes on by itself: print interval, monitor-traffic without once', async () => {
    const { type, see, clock } = await openConsole();
    await see(DRAWN);
    for (const line of ['/disk print count-only interval=1', '/disk monitor-traffic vol-1']) {
      type(`${line}\r`);
      const mark = line.includes('count') ? '\r3\r\n' : 'wait-time: 0\r\n';
      await see(mark);
      await clock.advance(1000);
      await see(mark);
      type('\x03');
      await clock.advance(1000);
      expect(await see(DRAWN)).toContain('interrupted');
    }
  });

  test('Ctrl-C drops a line that is not entered', async () => {
    const { type, see } = await openConsole();
    await see(DRAWN);
    type(':put 1\x03:put 2\r');
    expect(await see(DRAWN)).not.toContain('\r1\r\n');
    expect(await see(DRAWN)).toContain('\r2\r\n');
  });

  test('policies hold', async () => {
    const { type, see } = await openConsole({ policies: ['ssh', 'read'] });
    await see(DRAWN);
    type('/disk set vol-1 comment=x\r');
    expect(await see(DRAWN)).toContain('not enough permissions (9)');
  });
});

describe('the end', () => {
  test.each(['quit\r', '/quit\r', ' : quit \r', '\x04'])('%j logs out', async (typed) => {
    const { type, see, ended, rest } = await openConsole();
    await see(DRAWN);
    type(typed);
    await ended;
    expect(rest()).toMatch(/interrupted\r\n$/);
  });

  test('Ctrl-D in a line does nothing', async () => {
    const { type, see } = await openConsole();
    await see(DRAWN);
    type(':put 1\x04\r');
    expect(await see(DRAWN)).toContain('\r1\r\n');
  });

  test('of the input: what was sent is done first', async () => {
    const { type, see, session, ended } = await openConsole();
    type(':put 1\r:put 2');
    session.endInput();
    await ended;
    expect(await see('interrupted\r\n')).toMatch(/\r1\r\n[^]*:put 2/);
  });

  test('a lost connection stops what runs', async () => {
    const { type, see, hangUp, ended } = await openConsole();
    await see(DRAWN);
    type(':delay 1h\r');
    await see('\r\n');
    hangUp();
    await ended;
  });
});
