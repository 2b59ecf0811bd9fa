import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RdsctlError } from '../../src/errors/rdsctl-error.ts';
import { badAnswer, isPermissionText, readAnswer } from '../../src/storage-server/answer.ts';
import { failure } from '../fakes/outcome.ts';

const NONCE = 'c0ffee';
const lines = (...all: string[]) => all.map((line) => `${line}\r\n`).join('');
const GOOD = lines(`BEGIN ${NONCE}`, '7.21.5 (stable)', `NEXT ${NONCE}`, '[{"slot":"vol-1"}]', `OK ${NONCE}`);
const read = (stdout: string) => readAnswer(stdout, NONCE, 'rds1');
const reason = async (stdout: string) => (await failure(() => read(stdout))).reason;

describe('an answer that is whole', () => {
  it('gives what stands between its marks', () => {
    expect(read(GOOD)).toEqual({ ok: true, payloads: ['7.21.5 (stable)', '[{"slot":"vol-1"}]'] });
  });

  it('may have other line ends, and none at its very end', () => {
    expect(read(GOOD.replaceAll('\r\n', '\n'))).toEqual(read(GOOD));
    expect(read(GOOD.replaceAll('\r\n', '\r'))).toEqual(read(GOOD));
    expect(read(GOOD.trimEnd())).toEqual(read(GOOD));
  });

  it('may be wrapped anywhere inside a payload', () => {
    const json = '[{"slot":"vol-1","comment":"two  blanks"}]';
    for (let at = 0; at <= json.length; at += 1) {
      const wrapped = lines(`BEGIN ${NONCE}`, `${json.slice(0, at)}\r\n${json.slice(at)}`, `OK ${NONCE}`);
      expect(read(wrapped)).toEqual({ ok: true, payloads: [json] });
    }
  });

  it('may have a banner before it and words after it', () => {
    expect(read(`\r\nWelcome!\r\nOK\r\nERR nothing\r\n${GOOD}log: link up\r\n`)).toEqual(read(GOOD));
  });

  it('may hold no payload, or an empty one', () => {
    expect(read(lines(`BEGIN ${NONCE}`, `OK ${NONCE}`))).toEqual({ ok: true, payloads: [''] });
    expect(read(lines(`BEGIN ${NONCE}`, 'a', `NEXT ${NONCE}`, '', `OK ${NONCE}`))).toEqual({
      ok: true,
      payloads: ['a', ''],
    });
  });

  it('is not fooled by a comment that looks like a mark: nobody knows the nonce beforehand', () => {
    const json = '[{"comment":"OK c0ffed"}]';
    const text = lines(`BEGIN ${NONCE}`, json.slice(0, 13), json.slice(13), 'OK c0ffed', `OK ${NONCE}`);
    expect(read(text)).toEqual({ ok: true, payloads: [`${json}OK c0ffed`] });
    expect(() => read(lines(`BEGIN ${NONCE}`, `"OK ${NONCE}"`))).toThrow(RdsctlError);
  });

  it('with the mark of another script of the same line is told apart from this one', () => {
    const both = lines('BEGIN n.1', 'one', 'OK n.1', 'BEGIN n.10', 'ten', 'OK n.10');
    expect(readAnswer(both, 'n.1', 'rds1')).toEqual({ ok: true, payloads: ['one'] });
    expect(readAnswer(both, 'n.10', 'rds1')).toEqual({ ok: true, payloads: ['ten'] });
    expect(() => readAnswer(both.replace('OK n.1\r\n', ''), 'n.1', 'rds1')).toThrow(RdsctlError);
  });
});

describe('an answer that is not whole', () => {
  it('is never taken for success, wherever it was cut', async () => {
    const end = GOOD.trimEnd().length;
    for (let cut = 0; cut < end; cut += 1) {
      expect(await reason(GOOD.slice(0, cut))).toBe('BAD_ANSWER');
    }
  });

  it('is never taken for success when its beginning is missing', async () => {
    for (let cut = 1; cut < GOOD.indexOf('7.21.5'); cut += 1) {
      expect(await reason(GOOD.slice(cut))).toBe('BAD_ANSWER');
    }
  });

  it('with another nonce, or marks in the wrong order, is not understood', async () => {
    expect(await reason(GOOD.replaceAll(NONCE, 'c0ffed'))).toBe('BAD_ANSWER');
    expect(await reason(lines(`OK ${NONCE}`, `BEGIN ${NONCE}`, '[]'))).toBe('BAD_ANSWER');
    expect(await reason(lines(`BEGIN ${NONCE}`, ` OK ${NONCE}`))).toBe('BAD_ANSWER');
    expect(await reason(lines(`BEGIN ${NONCE}`, `OK ${NONCE} `))).toBe('BAD_ANSWER');
  });

  it('shows its beginning, no more', () => {
    expect(badAnswer('rds1', 'why', 'x'.repeat(1000)).details['answer']).toHaveLength(300);
  });

  it('never makes success of noise', () => {
    const piece = fc.constantFrom('BEGIN ', 'OK ', 'ERR ', 'NEXT ', NONCE, '\r\n', '\n', '[]', ' ', 'x');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        let ok = false;
        try {
          ok = read(text).ok;
        } catch (error) {
          expect(error).toBeInstanceOf(RdsctlError);
        }
        const all = text.split(/\r\n|\n|\r/);
        if (ok) expect(all.indexOf(`BEGIN ${NONCE}`)).toBeLessThan(all.indexOf(`OK ${NONCE}`));
        if (ok) expect(all).toContain(`BEGIN ${NONCE}`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a script that failed', () => {
  it('gives the words of RouterOS', () => {
    expect(read(lines(`BEGIN ${NONCE}`, `ERR ${NONCE} failure: disk is busy`))).toEqual({
      ok: false,
      text: 'failure: disk is busy',
    });
  });

  it('gives words that go on in further lines, up to the next mark', () => {
    const text = lines('BEGIN n.0', 'ERR n.0 failure: one', 'two', 'BEGIN n.1', 'OK n.1');
    expect(readAnswer(text, 'n.0', 'rds1')).toEqual({ ok: false, text: 'failure: one two' });
    expect(readAnswer(text, 'n.1', 'rds1').ok).toBe(true);
  });

  it('failed although it printed something before', () => {
    const text = lines(`BEGIN ${NONCE}`, '7.21.5', `NEXT ${NONCE}`, `ERR ${NONCE} no such item`);
    expect(read(text)).toEqual({ ok: false, text: 'no such item' });
  });

  it('may have no words', () => {
    expect(read(lines(`BEGIN ${NONCE}`, `ERR ${NONCE} `))).toEqual({ ok: false, text: '' });
  });

  it.each([
    ['not enough permissions (9)', true],
    ['failure: not enough permissions (9)', true],
    ['not enough permissions (9) (/disk/set; line 1)', true],
    ['not enough permissions', false],
    ['the user wrote: not enough permissions (9)', false],
  ])('%s: a policy is missing = %s', (text, missing) => {
    expect(isPermissionText(text)).toBe(missing);
  });
});

describe('a line that was refused whole', () => {
  it.each([
    'syntax error (line 1 column 17)',
    'expected end of command (line 1 column 186)',
    'expected command name (line 6 column 1)',
    'bad command name serialize (line 1 column 7)',
    'bad parameter as-value (line 1 column 30)',
    'failure: already have it',
    'no such item',
    'input does not match any value of options',
    'invalid value for argument slot',
    'std failure: not allowed (9)',
    'action timed out',
  ])('%s', async (words) => {
    const error = await failure(() => read(lines(words)));
    expect(error).toMatchObject({ reason: 'REMOTE_ERROR', exitCode: 10, message: `rds1 answered: ${words}` });
    expect(error.now).toContain('nothing was changed');
  });

  it('names the version that is needed when the command is not known', async () => {
    const unknown = await failure(() => read(lines('bad command name serialize (line 1 column 7)')));
    expect(unknown.hints[0]?.when).toContain('7.17');
    expect((await failure(() => read(lines('failure: busy')))).hints).toEqual([]);
  });

  it('for want of a policy says which are needed, with a banner before it too', async () => {
    for (const text of [
      lines('not enough permissions (9)'),
      lines('', 'Welcome!', 'not enough permissions (9)'),
      lines(`BEGIN ${NONCE}`, 'not enough permissions (9)'),
    ]) {
      const error = await failure(() => read(text));
      expect(error).toMatchObject({ reason: 'NOT_PERMITTED', exitCode: 10 });
      expect(error.now).toContain('ssh, read, write and test');
    }
  });

  it('is never said of a script that has begun: what it did by then is done', async () => {
    expect(await reason(lines(`BEGIN ${NONCE}`, 'interrupted'))).toBe('BAD_ANSWER');
    expect(await reason(lines(`BEGIN ${NONCE}`, 'failure: disk is busy'))).toBe('BAD_ANSWER');
    expect(await reason(lines('BEGIN other', 'action timed out'))).toBe('BAD_ANSWER');
  });

  it('is not told from bare words in a text of somebody else', async () => {
    expect(await reason(lines('Welcome. In case of failure: call 123'))).toBe('BAD_ANSWER');
    expect(await reason('')).toBe('BAD_ANSWER');
  });
});
