import type { Rule } from './rules/rule.ts';
import { matches, type StrangerPattern, type StrangerSituation } from './situation.ts';

const DISCONNECT = 'nvme disconnect -n {nqn}';

/**
 * Controllers on nodes that the state does not give the volume to: what is left where a volume moved away, and
 * what was connected by hand. The first that matches counts.
 */
export const STRANGER_RULES: readonly Rule<StrangerPattern>[] = [
  {
    kind: 'fenced-session',
    when: { fenced: ['cut'], export: ['this node'] },
    meaning: '{node} was cut off from {volume}, holds a controller of it and is let in again',
    repair: null,
    command: 'rdsctl fence {node}',
  },
  {
    kind: 'fenced-session',
    when: { fenced: ['cut'], session: ['live'], export: ['others'] },
    meaning: '{node} was cut off from {volume}, but says it has a live session of it',
    repair: null,
    command: 'rdsctl fence {node}',
  },
  {
    kind: 'dead-controller',
    when: { fenced: ['cut'] },
    meaning: '{node} was cut off from {volume} and still holds a dead controller of it',
    repair: 'drop-cut-off',
    command: 'rdsctl fence {node}',
  },
  {
    kind: 'untracked-session',
    when: { managed: ['no'] },
    meaning: '{node} is connected to {volume}, or was, by other hands than rdsctl',
    repair: null,
    command: 'rdsctl adopt {volume}',
  },
  {
    kind: 'untracked-session',
    when: { held: ['no'], export: ['this node'] },
    meaning: '{node} is connected to {volume}, which the state gave to nobody',
    repair: null,
    command: 'rdsctl adopt {volume}',
  },
  {
    kind: 'second-session',
    when: { session: ['live'] },
    meaning: '{node} has a live session of {volume} that the state does not know',
    repair: null,
    command: `${DISCONNECT}   # on {node}`,
  },
  {
    kind: 'second-session',
    when: { export: ['this node'] },
    meaning: '{node} holds a controller of {volume} that the state does not know, and is let in',
    repair: null,
    command: `${DISCONNECT}   # on {node}`,
  },
  {
    kind: 'dead-controller',
    when: { inUse: ['yes'] },
    meaning: '{node} holds a dead controller of {volume}, whose device is still in use there',
    repair: null,
    command: `${DISCONNECT}   # on {node}, when it is not in use any more`,
  },
  {
    kind: 'dead-controller',
    when: {},
    meaning: '{node} still holds a dead controller of {volume}, which it lost',
    repair: 'drop',
    command: `${DISCONNECT}   # on {node}`,
  },
];

/** The rule of a combination: the last one takes all that is left. */
export function strangerRuleFor(situation: StrangerSituation): Rule<StrangerPattern> {
  const rule = STRANGER_RULES.find(({ when }) => matches(when, situation));
  if (rule === undefined) throw new Error(`no rule for ${JSON.stringify(situation)}`);
  return rule;
}
