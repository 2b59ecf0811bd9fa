import { ATTACHED } from './rules/attached.ts';
import { ATTACHING } from './rules/attaching.ts';
import { DETACHING } from './rules/detaching.ts';
import { FENCES } from './rules/fences.ts';
import { NOBODYS } from './rules/nobody.ts';
import type { Rule } from './rules/rule.ts';
import { SHARED, SHARING } from './rules/sharing.ts';
import { WHOSE } from './rules/whose.ts';
import { matches, type Situation } from './situation.ts';

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
