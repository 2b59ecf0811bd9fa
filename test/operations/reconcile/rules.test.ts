import { describe, expect, test } from 'vitest';

import { RULES, ruleFor } from '../../../src/operations/reconcile/rules.ts';
import type { Rule } from '../../../src/operations/reconcile/rules/rule.ts';
import {
  DIMENSIONS,
  STRANGER_DIMENSIONS,
  type Situation,
  type StrangerSituation,
} from '../../../src/operations/reconcile/situation.ts';
import { STRANGER_RULES, strangerRuleFor } from '../../../src/operations/reconcile/stranger-rules.ts';

/** Every combination of the values of all dimensions. */
function combinations<S>(dimensions: Readonly<Record<string, readonly string[]>>): S[] {
  let all: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(dimensions)) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  return all as S[];
}

const ALL = combinations<Situation>(DIMENSIONS);
const DECIDED = ALL.map((situation) => ({ situation, rule: ruleFor(situation) }));
const STRANGERS = combinations<StrangerSituation>(STRANGER_DIMENSIONS).map((situation) => ({
  situation,
  rule: strangerRuleFor(situation),
}));

/** The combinations for which something is done that should not be. */
function breaking(is: (situation: Situation, rule: Rule) => boolean): Situation[] {
  return DECIDED.filter(({ situation, rule }) => is(situation, rule)).map(({ situation }) => situation);
}

describe('the rules', () => {
  test('know every combination, and none of them is for nothing', () => {
    expect(DECIDED).toHaveLength(10 * 11 * 5 * 7 * 2 * 3 * 3);
    const used = new Set(DECIDED.map(({ rule }) => rule));
    expect(RULES.filter((rule) => !used.has(rule))).toEqual([]);
    const usedForStrangers = new Set(STRANGERS.map(({ rule }) => rule));
    expect(STRANGER_RULES.filter((rule) => !usedForStrangers.has(rule))).toEqual([]);
  });

  test('touch nothing at a storage server that was not seen, or where another state rules', () => {
    const blind = ['unseen', 'gone', 'other', 'newer', 'foreign', 'unreadable'];
    expect(breaking(({ tag }, { repair }) => blind.includes(tag) && repair !== null)).toEqual([]);
    expect(breaking(({ tag }, { kind }) => tag === 'unseen' && kind !== null)).toEqual([]);
  });

  test('need no node for a fence, and never give a volume to a node that was not seen', () => {
    const onNode = ['attach', 'release'];
    expect(
      breaking(({ session }, { repair }) => session === 'unseen' && onNode.includes(repair ?? '')),
    ).toEqual([]);
  });

  test('never give a volume to a fenced node', () => {
    expect(
      breaking(({ fenced }, { repair }) => fenced !== 'no' && ['attach', 'admit'].includes(repair ?? '')),
    ).toEqual([]);
  });

  test('never take a volume from a node that uses it, unless it is fenced', () => {
    expect(breaking(({ inUse }, { repair }) => inUse === 'yes' && repair === 'release')).toEqual([]);
  });

  test('never end or narrow an export through which another node may be at work', () => {
    expect(
      breaking(
        ({ export: exported, others }, { repair }) =>
          (exported === 'any' || exported === 'other') &&
          others !== 'none' &&
          ['admit', 'withdraw', 'attach'].includes(repair ?? ''),
      ).filter(({ state }) => state !== 'sharing'),
    ).toEqual([]);
  });

  test('admit or grant again only while the tag is the very one that the state wrote last', () => {
    const again = breaking(
      ({ state, export: exported }, { repair }) =>
        state === 'attached' && exported !== 'owner' && (repair === 'attach' || repair === 'admit'),
    );
    expect(new Set(again.map(({ tag }) => tag))).toEqual(new Set(['owner']));
  });

  test('connect an attached volume only through an export that admits its owner alone, or is off', () => {
    expect(
      breaking(
        ({ state, export: exported }, { repair }) =>
          state === 'attached' && repair === 'attach' && exported !== 'owner' && exported !== 'off',
      ),
    ).toEqual([]);
  });

  test('find an attached volume in sync only when all agree', () => {
    const agree = DECIDED.filter(
      ({ situation, rule }) =>
        situation.state === 'attached' && situation.tag !== 'unseen' && rule.kind === null,
    );
    for (const { situation } of agree) {
      expect(situation).toMatchObject({ export: 'owner', session: 'live', fenced: 'no' });
      expect(['owner', 'older']).toContain(situation.tag);
    }
    expect(agree).toHaveLength(12);
  });

  test('leave no open intent in sync', () => {
    const open = ['attaching', 'reattaching', 'sharing', 'detaching', 'fencing', 'shared-over'];
    expect(
      breaking(({ state, tag }, { kind }) => open.includes(state) && tag !== 'unseen' && kind === null),
    ).toEqual([]);
  });

  test('drop only controllers that are dead or cut off, and that the storage server refuses', () => {
    for (const { situation, rule } of STRANGERS) {
      if (rule.repair === 'drop') {
        expect(situation).toMatchObject({ session: 'dead', inUse: 'no', managed: 'yes' });
        expect(situation.export).not.toBe('this node');
      }
      if (rule.repair === 'drop-cut-off') {
        expect(situation.fenced).toBe('cut');
        expect(situation.export).not.toBe('this node');
        if (situation.session === 'live') expect(situation.export).toBe('off');
      }
    }
  });

  test('say what to run, wherever something is reported or may fail', () => {
    for (const { kind, command } of [...RULES, ...STRANGER_RULES]) {
      if (kind !== null) expect(command).not.toBe('');
    }
  });
});
