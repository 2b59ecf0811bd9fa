import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatComment, parseComment, type Tag } from '../../src/attachment/tag.ts';

const LINEAGE = '5f0c1d2e-0000-4000-8000-000000000001';
const TAG = `[rdsctl owner=node-1 token=7 lineage=${LINEAGE}]`;
const tag = (over: Partial<Tag> = {}): Tag => ({ owners: ['node-1'], token: 7, lineage: LINEAGE, ...over });

const nodeName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const anyTag = fc.record({
  owners: fc.array(nodeName, { maxLength: 2 }),
  token: fc.integer({ min: 0, max: 999_999_999_999_999 }),
  lineage: fc.uuid(),
});
/** What a user may have written: bytes as latin1. */
const userText = fc
  .string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 200 })
  .map((text) => text.trim())
  .filter((text) => !text.includes('[rdsctl '));

describe('the tag in the comment', () => {
  it('stands after the text of the user', () => {
    expect(formatComment('', tag())).toBe(TAG);
    expect(formatComment('nightly copy', tag())).toBe(`nightly copy ${TAG}`);
    expect(formatComment('', tag({ owners: [] }))).toContain('owner=- ');
    expect(formatComment('', tag({ owners: ['a', 'b'] }))).toContain('owner=a+b ');
  });

  it('is read as it was written, whatever the user wrote beside it', () => {
    fc.assert(
      fc.property(userText, anyTag, (text, written) => {
        expect(parseComment(formatComment(text, written))).toEqual({ text, tag: written });
      }),
      { numRuns: 1000 },
    );
  });

  it('is replaced, not added to, when it is written again', () => {
    fc.assert(
      fc.property(userText, anyTag, anyTag, (text, first, second) => {
        const before = parseComment(formatComment(text, first));
        expect(parseComment(formatComment(before.text, second))).toEqual({ text, tag: second });
      }),
    );
  });
});

describe('parseComment', () => {
  it('keeps the text of the user before, behind and around the tag', () => {
    expect(parseComment(`before ${TAG}`).text).toBe('before');
    expect(parseComment(`${TAG} behind`).text).toBe('behind');
    expect(parseComment(`before ${TAG} behind`)).toEqual({ text: 'before behind', tag: tag() });
    expect(parseComment(`before${TAG}behind`).text).toBe('before behind');
  });

  it('leaves a comment without a tag as it is, blanks and all', () => {
    expect(parseComment('  two  blanks ')).toEqual({ text: '  two  blanks ', tag: null });
    expect(parseComment('')).toEqual({ text: '', tag: null });
    expect(parseComment('[rdsctl]')).toEqual({ text: '[rdsctl]', tag: null });
    expect(parseComment('see rdsctl owner=node-1').tag).toBeNull();
  });

  it.each([
    ['two tags', `${TAG} ${TAG}`],
    ['two tags, the second mangled', `${TAG} [rdsctl owner=]`],
    ['two tags, the first mangled', `[rdsctl nothing] ${TAG}`],
    ['no owner', `[rdsctl owner= token=7 lineage=${LINEAGE}]`],
    ['an owner with a blank', `[rdsctl owner=a b token=7 lineage=${LINEAGE}]`],
    ['no token', `[rdsctl owner=node-1 token= lineage=${LINEAGE}]`],
    ['a negative token', `[rdsctl owner=node-1 token=-1 lineage=${LINEAGE}]`],
    [
      'a token that no number holds exactly',
      `[rdsctl owner=node-1 token=9999999999999999 lineage=${LINEAGE}]`,
    ],
    ['a short lineage', '[rdsctl owner=node-1 token=7 lineage=5f0c]'],
    ['a lineage in capitals', `[rdsctl owner=node-1 token=7 lineage=${LINEAGE.toUpperCase()}F]`],
    ['something more', `[rdsctl owner=node-1 token=7 lineage=${LINEAGE} x]`],
    ['another order', `[rdsctl token=7 owner=node-1 lineage=${LINEAGE}]`],
    ['a line break inside', `[rdsctl owner=node-1\ntoken=7 lineage=${LINEAGE}]`],
    ['nothing', '[rdsctl ]'],
  ])('calls %s unreadable', (_what, comment) => {
    expect(parseComment(comment).tag).toBe('unreadable');
  });

  it('reads the largest token exactly', () => {
    expect(parseComment(TAG.replace('token=7', 'token=999999999999999')).tag).toMatchObject({
      token: 999_999_999_999_999,
    });
  });

  it('never takes a damaged tag for another one, but for a changed digit or name', () => {
    for (let cut = 1; cut < TAG.length; cut += 1) {
      const damaged = parseComment(TAG.slice(0, cut) + TAG.slice(cut + 1));
      if (damaged.tag === null || damaged.tag === 'unreadable') continue;
      // One character less in a name or a number is a name or a number all the same.
      expect(
        ['node-1', '7'].some((whole) => TAG.indexOf(whole) <= cut && cut < TAG.indexOf(whole) + whole.length),
      ).toBe(true);
    }
  });

  it('calls a tag whose end is cut off unreadable: it may have named an owner', () => {
    for (let cut = '[rdsctl '.length; cut < TAG.length; cut += 1) {
      expect(parseComment(`text ${TAG.slice(0, cut)}`)).toEqual({ text: 'text', tag: 'unreadable' });
    }
  });
});
