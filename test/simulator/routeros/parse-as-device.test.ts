import { describe, expect, it } from 'vitest';

import { parseAsDevice } from '../../../src/simulator/routeros/parse-as-device.ts';

describe('what a device prints for :parse', () => {
  it('is the tree of a script that parses', () => {
    expect(parseAsDevice(':put "a"', '7.21.5')).toEqual({ ok: true, text: '(evl /putmessage=a)' });
  });

  it('is the error, with its place, of one that does not', () => {
    expect(parseAsDevice(':put "a', '7.21.5')).toMatchObject({
      ok: false,
      text: expect.stringMatching(/\(line 1 column \d+\)$/) as string,
    });
  });

  it('knows what a version lacks', () => {
    expect(() => parseAsDevice(':put 1', '6.49')).toThrow('can not simulate RouterOS 6.49');
  });
});
