import { describe, expect, test } from 'vitest';
import { readLoginName } from '../../../../src/simulator/routeros/console/login-options.ts';
import { NEXT_PROMPT, onScreen, openConsole } from './fixture.ts';

describe('console options in the login name (manual)', () => {
  const usual = { account: 'admin', colours: true, detects: true, dumb: false };
  test.each([
    ['admin', usual],
    ['admin+', usual],
    ['admin+c80w', { ...usual, colours: false, width: 80 }],
    ['admin+cet1024w', { ...usual, colours: false, detects: false, dumb: true, width: 1024 }],
    ['admin+ct511w4098h', { ...usual, colours: false, detects: false, width: 511, height: 4098 }],
    ['admin+1c0t', { ...usual, detects: false }],
    ['admin+0w', usual],
    ['admin+w7', usual],
    ['admin+x99999999999w', { ...usual, width: 65_535 }],
    ['a+b+c', { ...usual, account: 'a', colours: false }],
  ])('%s', (name, options) => {
    expect(readLoginName(name)).toEqual(options);
  });
});

describe('a terminal that is asked what it can do', () => {
  const WHO = '\r\x1b[9999B\r\x1b[9999B\x1bZ  \x1b[6n';

  test('tells its size: the prompt at its foot, in colours (seen)', async () => {
    const { type, see, terminal } = await openConsole({ loginName: 'admin' });
    expect(await see('\x1b[6n')).toBe(WHO);
    type('\x1b[?1;2c\x1b[24;');
    type('3R');
    await see('\x1b[H\x1b[9999B\x1b[6n');
    type('\x1b[50;1R');
    await see('\x1b[H\x1b[9999C\x1b[6n');
    type('\x1b[50;132R');
    const prompt = '\r\x1b[9999B[\x1b[m\x1b[36madmin\x1b[m@\x1b[m\x1b[32mrds1\x1b[m] > ';
    await see(prompt);
    expect(terminal).toEqual({ columns: 132, rows: 50 });
    type(':put 1\r');
    expect(onScreen(await see(prompt))).toEqual(['[admin@rds1] > :put 1', '1', '[admin@rds1] >']);
  });

  test('without colours', async () => {
    const { type, see } = await openConsole({ loginName: 'admin+c' });
    type('\x1b[24;3R\x1b[24;1R\x1b[24;80R');
    await see('\r\x1b[9999B[admin@rds1] > ');
  });

  test('one that only says who it is can do nothing: what it sends besides is typed', async () => {
    const { type, see } = await openConsole({ loginName: 'admin' });
    await see(WHO);
    type('\x1b/Z\r');
    await see('help\r\n\r\r\r\r[admin@rds1] > ');
    expect(await see(NEXT_PROMPT)).toMatch(/^ +\r/);
  });

  test('one that answers nothing is waited for, but not for ever', async () => {
    const { type, see } = await openConsole({ loginName: 'admin', answerMs: 20 });
    type(':put ');
    await see('help\r\n\r\r\r\r[admin@rds1] > ');
    type('early\r');
    await see('\rearly\r\n');
  });

  test.each(['admin+t', 'admin+e'])('%s is not asked', async (loginName) => {
    const { see } = await openConsole({ loginName });
    expect(await see(NEXT_PROMPT)).not.toContain('\x1b');
  });

  test('a client without one is not asked, either', async () => {
    const { see, type } = await openConsole({ loginName: 'admin', terminal: undefined });
    expect(await see(NEXT_PROMPT)).not.toContain('\x1b');
    type('/disk print\r');
    expect(await see(NEXT_PROMPT)).not.toContain('Q quit');
  });
});

describe('the width', () => {
  const widest = (text: string): number => Math.max(...onScreen(text).map((line) => line.length));

  test.each([
    ['admin+cet', 80],
    ['admin+cet120w', 120],
  ])('%s: print keeps to it', async (loginName, width) => {
    const { type, see } = await openConsole({ loginName, terminal: { columns: 80, rows: 50 } });
    await see(NEXT_PROMPT);
    type('/disk print detail without-paging\r');
    const wide = widest(await see(NEXT_PROMPT));
    expect(wide).toBeLessThanOrEqual(width);
    expect(wide).toBeGreaterThan(width - 30);
  });

  test('changes with the window', async () => {
    const { type, see, terminal } = await openConsole({ terminal: { columns: 80, rows: 50 } });
    await see(NEXT_PROMPT);
    Object.assign(terminal ?? {}, { columns: 160 });
    type('/disk print detail without-paging\r');
    expect(widest(await see(NEXT_PROMPT))).toBeGreaterThan(120);
  });
});

describe('pages', () => {
  const QUESTION = '-- [Q quit|D dump|down]';
  const open = async () => {
    const console = await openConsole({ terminal: { columns: 200, rows: 4 } });
    await console.see(NEXT_PROMPT);
    console.type('/system resource print\r');
    expect(await console.see(QUESTION)).toContain('build-time');
    return console;
  };

  test('a key shows the next one, Enter a line, D the rest', async () => {
    const { type, see } = await open();
    type(' ');
    const second = onScreen(await see(QUESTION));
    expect(second.filter((line) => line.includes(': '))).toHaveLength(3);
    type('\r');
    expect(onScreen(await see(QUESTION)).filter((line) => line.includes(': '))).toHaveLength(1);
    type('d');
    expect(await see(NEXT_PROMPT)).toContain('platform: MikroTik');
  });

  test.each(['q', '\x03'])('%j ends it', async (key) => {
    const { type, see } = await open();
    type(key);
    expect(await see(NEXT_PROMPT)).not.toContain('platform');
    type(':put still\r');
    await see('\rstill\r\n');
  });

  test('without-paging shows everything at once', async () => {
    const { type, see } = await open();
    type('q');
    await see(NEXT_PROMPT);
    type('/system resource print without-paging\r');
    const all = await see('platform: MikroTik');
    expect(all).not.toContain(QUESTION);
  });
});
