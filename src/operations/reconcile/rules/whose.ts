import { REBUILD, SHOW, nothing, reported, type Rule } from './rule.ts';

/** The storage server tells nothing, or that this state is not the one that counts. */
export const WHOSE: readonly Rule[] = [
  nothing('the storage server could not be asked: nothing is concluded', { tag: ['unseen'] }),
  nothing('no volume, and no record of one', { state: ['none'], tag: ['gone'] }),
  reported(
    'volume-gone',
    'the state has {volume} for {node}, but the storage server has no such disk',
    REBUILD,
    {
      tag: ['gone'],
    },
  ),
  reported(
    'stale-state',
    'the storage server knows a newer token than this state: this is an old copy',
    REBUILD,
    {
      tag: ['newer'],
    },
  ),
  reported(
    'stale-state',
    'the tag names a node of which this state knows nothing: another copy is in use',
    REBUILD,
    {
      tag: ['other'],
    },
  ),
  reported('foreign-tag', 'another rdsctl state manages {volume}', SHOW, { tag: ['foreign'] }),
  reported('unreadable-tag', 'the comment holds a tag that can not be read', SHOW, { tag: ['unreadable'] }),
];
