import { describe, expect, it } from 'vitest';

import { checkTag } from '../../src/operations/claims.ts';
import type { State } from '../../src/state/state.ts';
import { aDisk } from '../fakes/fake-server.ts';
import { emptyState, LINEAGE } from '../fakes/memory-store.ts';
import { failure } from '../fakes/outcome.ts';
import { anAttachment, aState, tagged } from '../fakes/world.ts';

const VOLUME = { key: 'rds1/vol-1', rds: 'rds1', slot: 'vol-1' };
const OTHER = '00000000-1111-4222-8333-444444444444';
const state = aState([anAttachment({ token: 7 })]);
const check = (comment: string, of: State = state) => checkTag(of, VOLUME, aDisk({ comment }));

describe('checkTag', () => {
  it('takes a comment without a tag, and its own tag up to the last token', () => {
    expect(check('text')).toEqual({ text: 'text', tag: null });
    for (const token of [0, 6, 7]) {
      expect(check(tagged(['node-1'], token, 'text'))).toEqual({
        text: 'text',
        tag: { owners: ['node-1'], token, lineage: LINEAGE },
      });
    }
  });

  it('refuses the tag of another state, with its owner, and says what to do', async () => {
    const error = await failure(() => check(tagged(['node-1', 'node-2'], 3, '', OTHER)));
    expect(error).toMatchObject({ reason: 'FOREIGN_TAG', exitCode: 4 });
    expect(error.message).toContain(`lineage ${OTHER}, owner node-1 and node-2, token 3`);
    expect(error.now).toBe(`Nothing was changed. This state has lineage ${LINEAGE}.`);
    expect(error.hints.map(({ run }) => run)).toEqual([
      'rdsctl --state PATH …',
      `rdsctl state rebuild --lineage ${OTHER}`,
    ]);
    expect((await failure(() => check(tagged([], 3, '', OTHER)))).message).toContain('owner nobody');
  });

  it('refuses any tag while this state was never written', async () => {
    const error = await failure(() => check(tagged(['node-1'], 1), emptyState({ lineage: '' })));
    expect(error.reason).toBe('FOREIGN_TAG');
    expect(error.now).toContain('(none yet)');
  });

  it('refuses a token that this state never gave out: it is an old copy', async () => {
    const error = await failure(() => check(tagged(['node-1'], 8)));
    expect(error).toMatchObject({ reason: 'STALE_STATE', exitCode: 4 });
    expect(error.message).toContain('token 8 for vol-1, this state only 7');
    expect((await failure(() => check(tagged([], 1), emptyState()))).reason).toBe('STALE_STATE');
  });

  it.each([
    ['that it has given to nobody', emptyState({ tokens: { 'rds1/vol-1': 7 } }), ['node-1'], 'node-1'],
    ['that it has given to another node', state, ['node-2'], 'node-2'],
    ['that it has given to one of two nodes', state, ['node-1', 'node-2'], 'node-2'],
  ])(
    'refuses a volume %s: a copy of it is in use, whatever the token',
    async (_what, of, owners, stranger) => {
      for (const token of [1, 7]) {
        const error = await failure(() => check(tagged(owners, token), of));
        expect(error).toMatchObject({ reason: 'STALE_STATE', exitCode: 4, now: 'Nothing was changed.' });
        expect(error.message).toContain(`vol-1 is with ${stranger} (token ${token})`);
        expect(error.hints[0]?.run).toBe('rdsctl state rebuild');
      }
    },
  );

  it('takes its own tag for nobody, or for one of two that share', () => {
    expect(check(tagged([], 7)).tag?.owners).toEqual([]);
    const [holder] = anAttachment().holders;
    const shared = aState([anAttachment({ token: 7, holders: [holder, { ...holder, node: 'node-2' }] })]);
    for (const owners of [['node-1'], ['node-2'], ['node-1', 'node-2']]) {
      expect(check(tagged(owners, 7), shared).tag?.owners).toEqual(owners);
    }
  });

  it('refuses a tag that it can not read, and shows how to look', async () => {
    const error = await failure(() => check('[rdsctl owner=node-1 token=7'));
    expect(error).toMatchObject({ reason: 'FOREIGN_TAG', now: 'Nothing was changed.' });
    expect(error.hints[0]?.run).toBe('rdsctl show rds1/vol-1');
  });
});
