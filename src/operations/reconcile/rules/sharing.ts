import { ATTACH, FENCE, SHOW, UNSEEN_HOLDER, nothing, repaired, reported, type Rule } from './rule.ts';

const OPEN_SHARE = 'sharing {volume} with {node} was begun and not finished';

/** An attach beside the owner was cut short. */
export const SHARING: readonly Rule[] = [
  reported('open-share', `${OPEN_SHARE}, and {node} could not be asked`, FENCE, {
    state: ['sharing'],
    session: ['unseen', 'elsewhere', 'renamed'],
  }),
  reported('open-share', `${OPEN_SHARE}, and the export is not of its making`, SHOW, {
    state: ['sharing'],
    export: ['off', 'nobody', 'other'],
  }),
  reported('open-share', `${OPEN_SHARE}, and the tag is not of its making`, SHOW, {
    state: ['sharing'],
    tag: ['none', 'nobody'],
  }),
  repaired('open-share', `${OPEN_SHARE}, but the device is in use there: it is finished`, 'attach', ATTACH, {
    state: ['sharing'],
    tag: ['owner'],
    export: ['any'],
    inUse: ['yes'],
  }),
  reported('open-share', `${OPEN_SHARE}, and the device is in use there`, SHOW, {
    state: ['sharing'],
    inUse: ['yes'],
  }),
  repaired('open-share', `${OPEN_SHARE}: it is undone`, 'release', 'rdsctl detach {volume} {node}', {
    state: ['sharing'],
  }),
];

/** Two nodes have it, until the time for that is over. */
export const SHARED: readonly Rule[] = [
  reported('node-unreachable', UNSEEN_HOLDER, FENCE, { state: ['shared'], session: ['unseen'] }),
  nothing('shared, and its time is not over', {
    state: ['shared'],
    tag: ['owner', 'older'],
    export: ['any'],
  }),
  reported(
    'odd-share',
    'shared by two nodes, but the storage server does not say so',
    'rdsctl detach {volume} {node}',
    {
      state: ['shared'],
    },
  ),
  reported('share-over', 'the time to share {volume} is over, but {node} could not be asked', FENCE, {
    state: ['shared-over'],
    session: ['unseen', 'elsewhere', 'renamed'],
  }),
  reported(
    'share-over',
    'the time to share {volume} is over, but both nodes use it',
    'rdsctl detach {volume} {node}',
    {
      state: ['shared-over'],
      inUse: ['yes'],
    },
  ),
  reported('share-over', 'the time to share {volume} is over, but the export is not as it was', SHOW, {
    state: ['shared-over'],
    export: ['off', 'nobody', 'other'],
  }),
  reported('share-over', 'the time to share {volume} is over, but the tag is not as it was', SHOW, {
    state: ['shared-over'],
    tag: ['none', 'nobody'],
  }),
  repaired(
    'share-over',
    'the time to share {volume} is over: {node} leaves it',
    'release',
    'rdsctl detach {volume} {node}',
    {
      state: ['shared-over'],
    },
  ),
];
