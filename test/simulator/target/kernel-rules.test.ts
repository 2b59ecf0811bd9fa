import { describe, expect, test } from 'vitest';
import {
  givesUpWhenRefused,
  hostNoticesSilenceAfter,
  judgeConnect,
  reconnectAttempts,
  silentSessionDropsAfter,
} from '../../../src/simulator/target/kernel-rules.ts';

const one = { nqn: 'nqn.test:a', port: 4420, allow: 'host-1' };

describe('who is let in (SEMANTICS e1, c1, i1)', () => {
  test.each([
    ['the allowed host', [one], { nqn: 'nqn.test:a', port: 4420, hostNqn: 'host-1' }, 'accepted'],
    ['another host', [one], { nqn: 'nqn.test:a', port: 4420, hostNqn: 'host-2' }, 'not-allowed'],
    [
      'a host whose name begins alike',
      [one],
      { nqn: 'nqn.test:a', port: 4420, hostNqn: 'host-11' },
      'not-allowed',
    ],
    ['a name in other letters', [one], { nqn: 'nqn.test:a', port: 4420, hostNqn: 'HOST-1' }, 'not-allowed'],
    ['another subsystem', [one], { nqn: 'nqn.test:b', port: 4420, hostNqn: 'host-1' }, 'no-such-subsystem'],
    ['another port', [one], { nqn: 'nqn.test:a', port: 4421, hostNqn: 'host-1' }, 'port-closed'],
    ['nothing exported', [], { nqn: 'nqn.test:a', port: 4420, hostNqn: 'host-1' }, 'port-closed'],
    ['any host', [{ ...one, allow: '' }], { nqn: 'nqn.test:a', port: 4420, hostNqn: 'x' }, 'accepted'],
  ])('%s', (_, exports, question, expected) => {
    const verdict = judgeConnect(exports, question);
    expect('refused' in verdict ? verdict.refused : 'accepted').toBe(expected);
  });
});

describe('ctrl-loss-tmo is a number of attempts (SEMANTICS a2)', () => {
  test.each([
    [0, 10, 0],
    [5, 1, 5],
    [5, 10, 1],
    [30, 10, 3],
    [15, 2, 8],
    [600, 10, 60],
    [-1, 10, -1],
  ])('%i s with a delay of %i s: %i', (loss, delay, attempts) => {
    expect(reconnectAttempts(loss, delay)).toBe(attempts);
  });
});

test.each([1, 5, 30])('a silent session is dropped after kato to twice kato (%i s)', (kato) => {
  for (let open = 0; open < kato * 4000; open += 137) {
    const after = silentSessionDropsAfter(kato * 1000, open);
    expect(after).toBeGreaterThanOrEqual(kato * 1000);
    expect(after).toBeLessThanOrEqual(kato * 2000);
  }
});

test.each([
  [1, 1_000, 2_500],
  [5, 5_000, 8_200],
  [30, 30_000, 45_000],
])(
  'an idle host notices silence after about kato to 1.5 kato (%i s; SEMANTICS d1 to d4)',
  (kato, from, to) => {
    for (let open = 0; open < kato * 4000; open += 137) {
      const after = hostNoticesSilenceAfter(kato * 1000, open);
      expect(after).toBeGreaterThanOrEqual(from);
      expect(after).toBeLessThanOrEqual(to);
    }
  },
);

test('only 6.12 gives up when refused', () => {
  expect([givesUpWhenRefused('6.1'), givesUpWhenRefused('6.12')]).toEqual([false, true]);
});
