import { ATTACH, SHOW, UNSEEN_HOLDER, nothing, repaired, reported, type Rule } from './rule.ts';

/** One node has it. */
export const ATTACHED: readonly Rule[] = [
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
