import { expect, it } from 'vitest';

import { checkExports } from '../../../src/operations/doctor/exports.ts';
import { aDisk } from '../../fakes/fake-server.ts';
import { anAttachment, aState, tagged } from '../../fakes/world.ts';

const OTHER_LINEAGE = '00000000-1111-4222-8333-444444444444';
const state = aState([], { tokens: { 'rds1/vol-1': 5 } });

/** What is said of an export that this state gives to nobody, and the line that is offered. */
it.each([
  ['no tag', '', 'and the state gives it to nobody', 'rdsctl adopt rds1/vol-1'],
  ['our tag, for nobody', tagged([], 5), 'and the state gives it to nobody', 'rdsctl adopt rds1/vol-1'],
  ['a newer token', tagged([], 6), 'by another copy of this state', 'rdsctl state rebuild'],
  ['an owner that we do not know', tagged(['node-1'], 5), 'by another copy', 'rdsctl state rebuild'],
  ['a foreign tag', tagged(['node-1'], 1, '', OTHER_LINEAGE), OTHER_LINEAGE, 'rdsctl --state PATH list'],
  ['a mangled tag', '[rdsctl x]', 'a tag that can not be read', 'rdsctl show rds1/vol-1'],
])('an export that nobody has, with %s, gets a line that can work', (_what, comment, words, run) => {
  const disk = aDisk({ exported: true, allow: 'nqn.2014-08.org.example:x', comment });
  const found = checkExports('rds1', { told: [disk] }, state).filter(({ id }) => id === 'export.untracked');
  expect(found).toMatchObject([{ severity: 'warning', subject: 'vol-1', fix: { run } }]);
  expect(found[0]?.found).toContain(words);
});

it('of a volume that was cut off is told as one that nobody has', () => {
  const fenced = aState([anAttachment({ phase: 'fenced' })]);
  const disk = aDisk({ exported: true, comment: tagged([], 5) });
  const ids = checkExports('rds1', { told: [disk] }, fenced).map(({ id }) => id);
  expect(ids).toContain('export.untracked');
});
