import { ADOPT, REBUILD, SHOW, nothing, repaired, reported, type Rule } from './rule.ts';

/** The state gives the volume to nobody. */
export const NOBODYS: readonly Rule[] = [
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
