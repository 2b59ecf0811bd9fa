import { describe, expect, test } from 'vitest';
import { checkHistory, effects, type Effect, type Invocation } from './linearizable.ts';

const op = (what: string, start: number, end: number, effect: Effect, optional = false): Invocation => ({
  what,
  start,
  end,
  optional,
  effect,
});
const attach = (node: string, start: number, end: number) =>
  op(`attach ${node}`, start, end, effects.attach(node));
const detach = (start: number, end: number) => op('detach', start, end, effects.release());
const sees = (holder: string | null, start: number, end: number) =>
  op(
    `sees ${holder ?? 'nobody'}`,
    start,
    end,
    effects.seen((state) => state.holder === holder),
  );
const killed = (what: string, start: number, effect: Effect) =>
  op(`killed ${what}`, start, Infinity, effect, true);
const holds = (...history: Invocation[]): boolean => checkHistory(history).linearizable;

describe('a history that some order explains', () => {
  test('one after another', () => {
    expect(holds(attach('a', 0, 1), sees('a', 2, 3), detach(4, 5), sees(null, 6, 7), attach('b', 8, 9))).toBe(
      true,
    );
  });

  test('side by side: the order is free', () => {
    expect(holds(attach('b', 0, 10), detach(0, 10), attach('a', 0, 10))).toBe(true);
    expect(holds(attach('a', 0, 10), sees(null, 1, 2), sees('a', 3, 4))).toBe(true);
  });

  test('what was killed may have been, at any later time, or never', () => {
    const dead = killed('attach a', 0, effects.attach('a'));
    expect(holds(dead, sees(null, 5, 6), sees('a', 7, 8))).toBe(true);
    expect(holds(dead, attach('b', 5, 6))).toBe(true);
    expect(
      holds(attach('a', 0, 1), killed('detach', 2, effects.release()), sees('a', 5, 6), attach('b', 7, 8)),
    ).toBe(true);
  });

  test('a fence between', () => {
    expect(
      holds(
        attach('a', 0, 1),
        op('mark', 2, 9, effects.mark('a')),
        op('cut', 2, 9, effects.cut('a')),
        attach('b', 3, 9),
      ),
    ).toBe(true);
  });

  test('many at once are searched in no time', () => {
    const crowd = Array.from({ length: 60 }, (_, index) => sees(index % 2 === 0 ? 'a' : null, 0, 100));
    const changes = Array.from({ length: 12 }, (_, index) =>
      index % 2 === 0 ? attach('a', 0, 100) : detach(0, 100),
    );
    expect(holds(...crowd, ...changes)).toBe(true);
  });
});

describe('a history that no order explains', () => {
  test('two had it', () => {
    expect(checkHistory([attach('a', 0, 1), attach('b', 2, 3)])).toEqual({
      linearizable: false,
      explained: ['attach a'],
      stuck: ['attach b'],
    });
  });

  test('something was seen before it was, or after it was over', () => {
    expect(holds(sees('a', 0, 1), attach('a', 2, 3))).toBe(false);
    expect(holds(attach('a', 0, 1), detach(2, 3), sees('a', 4, 5))).toBe(false);
    expect(holds(attach('a', 0, 1), sees(null, 2, 3))).toBe(false);
  });

  test('it went back in time', () => {
    expect(holds(attach('a', 0, 10), sees('a', 1, 2), sees(null, 3, 4))).toBe(false);
  });

  test('what was killed before it began, or did another thing', () => {
    expect(holds(sees('a', 0, 1), killed('attach a', 2, effects.attach('a')))).toBe(false);
    expect(holds(killed('attach a', 0, effects.attach('a')), sees('b', 2, 3))).toBe(false);
  });

  test('what was killed happened twice', () => {
    expect(
      holds(killed('attach a', 0, effects.attach('a')), sees('a', 2, 3), detach(4, 5), sees('a', 6, 7)),
    ).toBe(false);
  });

  test('a fenced node got it', () => {
    const mark = op('mark', 0, 1, effects.mark('a'));
    expect(holds(mark, attach('a', 2, 3))).toBe(false);
    expect(holds(mark, op('unmark', 2, 3, effects.unmark('a')), attach('a', 4, 5))).toBe(true);
  });
});
