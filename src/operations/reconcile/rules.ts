import { matches, type Pattern, type Situation } from './situation.ts';

/**
 * What reconcile does by itself. Each is a piece of another command, run under the volume's lock:
 * `attach` what `attach` of that node would do; `release` what `detach` of that node would do; `fence` what
 * `fence` of that node would do to this volume; `admit` names the owner, and him alone, on the list of the
 * export without toggling it; `withdraw` ends an export that nobody has; `drop` drops dead controllers on a
 * node; `drop-cut-off` the same on a node that was fenced, whatever it says of use.
 */
export const REPAIRS = ['attach', 'release', 'fence', 'admit', 'withdraw', 'drop', 'drop-cut-off'] as const;
export type Repair = (typeof REPAIRS)[number];

/** One kind of drift: which combinations it is, what that means, and what becomes of it. */
export interface Rule<P = Pattern> {
  /** Null: the views agree, or nothing can be concluded. */
  readonly kind: string | null;
  readonly when: P;
  /** A sentence about `{volume}` and `{node}`. */
  readonly meaning: string;
  /** What is done unasked; null = it is only reported. */
  readonly repair: Repair | null;
  /** The command to run by hand: when it is only reported, or the repair failed. */
  readonly command: string;
}

const HELD = [
  'attached',
  'attaching',
  'reattaching',
  'sharing',
  'shared',
  'shared-over',
  'detaching',
] as const;
const ATTACH = 'rdsctl attach {volume} {node}';
const DETACH = 'rdsctl detach {volume}';
const FENCE = 'rdsctl fence {node} --volume {volume}';
const SHOW = 'rdsctl show {volume}';
const ADOPT = 'rdsctl adopt {volume}';
const REBUILD = 'rdsctl state rebuild';

function nothing(meaning: string, when: Pattern): Rule {
  return { kind: null, when, meaning, repair: null, command: '' };
}

function reported(kind: string, meaning: string, command: string, when: Pattern): Rule {
  return { kind, when, meaning, repair: null, command };
}

function repaired(kind: string, meaning: string, repair: Repair, command: string, when: Pattern): Rule {
  return { kind, when, meaning, repair, command };
}

/** The storage server tells nothing, or that this state is not the one that counts. */
const WHOSE: readonly Rule[] = [
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

const NOBODYS: readonly Rule[] = [
  nothing('nobody has it, nobody may', { state: ['none'], tag: ['none', 'nobody'], export: ['off'] }),
  reported('stale-state', 'nobody has it, but the tag names a node', REBUILD, {
    state: ['none'],
    tag: ['owner', 'older', 'part'],
  }),
  repaired('leftover-export', 'a withdrawn export is on, with nobody admitted', 'withdraw', SHOW, {
    state: ['none'],
    export: ['nobody'],
    others: ['none'],
  }),
  reported('untracked-export', '{volume} is exported, but the state gave it to nobody', ADOPT, {
    state: ['none'],
  }),
];

const FENCES: readonly Rule[] = [
  repaired('open-fence', 'a fence of {node} was begun and not finished', 'fence', FENCE, {
    state: ['fencing'],
  }),
  repaired('open-fence', '{node} is marked as fenced, but was not cut off yet', 'fence', FENCE, {
    state: [...HELD],
    fenced: ['cut'],
  }),
  reported('fenced-holder', '{node} is fenced, but a fence of other volumes left it {volume}', FENCE, {
    state: [...HELD],
    fenced: ['left'],
  }),
  nothing('cut off, and still so', { state: ['fenced'], tag: ['none', 'nobody'], export: ['off'] }),
  repaired('leftover-tag', '{node} was cut off, but the tag names a node', 'withdraw', FENCE, {
    state: ['fenced'],
    export: ['off'],
  }),
  repaired(
    'fenced-export',
    '{node} was cut off, but the export is on, with nobody admitted',
    'fence',
    FENCE,
    {
      state: ['fenced'],
      export: ['nobody'],
      others: ['none', 'unseen'],
    },
  ),
  reported('fenced-export', '{node} was cut off from {volume}, but it is exported again', FENCE, {
    state: ['fenced'],
  }),
];

const UNSEEN_HOLDER = 'the state has {volume} on {node}, which could not be asked';

const ATTACHED: readonly Rule[] = [
  repaired('tag-lost', 'the tag is gone or names nobody, the owner alone is admitted', 'admit', ATTACH, {
    state: ['attached'],
    tag: ['none', 'nobody'],
    export: ['owner'],
  }),
  reported(
    'tag-lost',
    'the tag is gone: whether anybody else had {volume} meanwhile can not be told',
    ATTACH,
    {
      state: ['attached'],
      tag: ['none'],
    },
  ),
  reported('odd-tag', 'the tag does not name {node} alone', SHOW, { state: ['attached'], tag: ['part'] }),
  reported('export-lost', 'the export is off, and {node} is not ready to be given it again', ATTACH, {
    state: ['attached'],
    export: ['off'],
    session: ['unseen', 'renamed', 'elsewhere'],
  }),
  reported('export-lost', 'the export is off, and the tag is older than the state, or names nobody', ATTACH, {
    state: ['attached'],
    tag: ['older', 'nobody'],
    export: ['off'],
  }),
  reported('export-lost', 'the export is off, but another node says it is connected', SHOW, {
    state: ['attached'],
    export: ['off'],
    others: ['some'],
  }),
  repaired(
    'export-lost',
    'the storage server forgot the export; nobody else had it meanwhile',
    'attach',
    ATTACH,
    {
      state: ['attached'],
      export: ['off'],
    },
  ),
  reported('other-export', 'the export is on for others than {node}, and the tag names nobody', SHOW, {
    state: ['attached'],
    tag: ['nobody'],
  }),
  reported('other-export', 'the export admits another host than {node}', SHOW, {
    state: ['attached'],
    export: ['other'],
  }),
  reported(
    'open-export',
    'the export admits any host or nobody, and {node} has another host NQN now',
    ATTACH,
    {
      state: ['attached'],
      export: ['any', 'nobody'],
      session: ['renamed', 'elsewhere'],
    },
  ),
  reported(
    'open-export',
    'the export admits any host or nobody, and the tag is older than the state',
    ATTACH,
    {
      state: ['attached'],
      tag: ['older'],
      export: ['any', 'nobody'],
    },
  ),
  repaired('allow-lost', 'the export admits nobody, not even {node}', 'admit', ATTACH, {
    state: ['attached'],
    export: ['nobody'],
    others: ['none', 'unseen'],
  }),
  repaired('open-export', 'the export admits any host; only {node} is connected', 'admit', ATTACH, {
    state: ['attached'],
    export: ['any'],
    session: ['none', 'dead', 'live', 'no-device'],
    others: ['none'],
  }),
  reported(
    'open-export',
    'the export does not admit {node} alone, and others are or may be connected',
    SHOW,
    {
      state: ['attached'],
      export: ['any', 'nobody'],
    },
  ),
  reported('node-unreachable', UNSEEN_HOLDER, 'rdsctl fence {node}', {
    state: ['attached'],
    session: ['unseen'],
  }),
  repaired(
    'not-connected',
    '{node} is not connected to {volume}: it, or the storage server, was restarted',
    'attach',
    ATTACH,
    {
      state: ['attached'],
      session: ['none'],
    },
  ),
  repaired('not-live', 'the controller on {node} is not live: it is waited for', 'attach', ATTACH, {
    state: ['attached'],
    session: ['dead'],
  }),
  repaired('no-device', '{node} is connected, but has no usable block device', 'attach', ATTACH, {
    state: ['attached'],
    session: ['no-device'],
  }),
  reported('nqn-collision', '{node} holds a controller of that NQN at another address', SHOW, {
    state: ['attached'],
    session: ['elsewhere'],
  }),
  reported('identity-changed', '{node} has another host NQN than {volume} is granted to', ATTACH, {
    state: ['attached'],
    session: ['renamed'],
  }),
  nothing('attached, and all agree', { state: ['attached'] }),
];

const OPEN_ATTACH = 'an attach to {node} was begun and not finished';

const ATTACHING: readonly Rule[] = [
  reported('open-attach', `${OPEN_ATTACH}, and {node} could not be asked`, 'rdsctl fence {node}', {
    state: ['attaching', 'reattaching'],
    session: ['unseen'],
  }),
  reported('open-attach', `${OPEN_ATTACH}, and {node} is not as it was then`, ATTACH, {
    state: ['attaching', 'reattaching'],
    session: ['elsewhere', 'renamed'],
  }),
  reported('open-attach', `${OPEN_ATTACH}, and the export is not of its making`, ATTACH, {
    state: ['attaching', 'reattaching'],
    export: ['any', 'other'],
  }),
  reported('open-attach', `${OPEN_ATTACH}, and the export is not of its making`, ATTACH, {
    state: ['attaching', 'reattaching'],
    tag: ['none', 'nobody', 'part'],
    export: ['owner'],
  }),
  repaired('open-attach', `${OPEN_ATTACH}, but the device is in use: it is finished`, 'attach', ATTACH, {
    state: ['attaching'],
    export: ['owner'],
    inUse: ['yes'],
  }),
  reported('open-attach', `${OPEN_ATTACH}, and the device is in use`, ATTACH, {
    state: ['attaching'],
    inUse: ['yes'],
  }),
  repaired(
    'open-attach',
    `${OPEN_ATTACH}, and nobody was told that it was: it is undone`,
    'release',
    DETACH,
    {
      state: ['attaching'],
    },
  ),
  reported('open-attach', `${OPEN_ATTACH}, and the device is in use`, ATTACH, {
    state: ['reattaching'],
    tag: ['none', 'nobody'],
    inUse: ['yes'],
  }),
  reported('open-attach', `${OPEN_ATTACH}, and the export would have to be toggled`, ATTACH, {
    state: ['reattaching'],
    export: ['nobody'],
  }),
  repaired('open-attach', `${OPEN_ATTACH}; {node} had it before: it is finished`, 'attach', ATTACH, {
    state: ['reattaching'],
  }),
];

const OPEN_SHARE = 'sharing {volume} with {node} was begun and not finished';

const SHARING: readonly Rule[] = [
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

const SHARED: readonly Rule[] = [
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

const OPEN_DETACH = 'a detach from {node} was begun and not finished';

const DETACHING: readonly Rule[] = [
  reported('open-detach', `${OPEN_DETACH}, and {node} could not be asked`, 'rdsctl fence {node}', {
    state: ['detaching'],
    session: ['unseen'],
  }),
  reported('open-detach', `${OPEN_DETACH}, and {node} is not as it was then`, DETACH, {
    state: ['detaching'],
    session: ['elsewhere', 'renamed'],
  }),
  reported('open-detach', `${OPEN_DETACH}, and the device is in use: to keep it, attach it again`, ATTACH, {
    state: ['detaching'],
    inUse: ['yes'],
  }),
  reported('open-detach', `${OPEN_DETACH}, and the export is not as it was`, DETACH, {
    state: ['detaching'],
    export: ['other'],
  }),
  reported(
    'open-detach',
    `${OPEN_DETACH}; any host is admitted, and others are or may be connected`,
    DETACH,
    {
      state: ['detaching'],
      export: ['any'],
      others: ['some', 'unseen'],
    },
  ),
  repaired('open-detach', `${OPEN_DETACH}: it is finished`, 'release', DETACH, { state: ['detaching'] }),
];

/** The first that matches counts. */
export const RULES: readonly Rule[] = [
  ...WHOSE,
  ...NOBODYS,
  ...FENCES,
  ...ATTACHED,
  ...ATTACHING,
  ...SHARING,
  ...SHARED,
  ...DETACHING,
];

/** The rule of a combination. @throws Error when there is none: a defect */
export function ruleFor(situation: Situation): Rule {
  const rule = RULES.find(({ when }) => matches(when, situation));
  if (rule === undefined) throw new Error(`no rule for ${JSON.stringify(situation)}`);
  return rule;
}
