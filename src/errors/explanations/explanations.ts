import type { Reason } from '../reasons.ts';
import { OF_COMMANDS } from './command.ts';
import { OF_CONFLICTS } from './conflict.ts';
import type { Explanation } from './explanation.ts';
import { OF_HOSTS } from './hosts.ts';
import { OF_STATES } from './state.ts';

/** One for each reason: a reason that is not explained does not compile. */
export const EXPLANATIONS: { readonly [R in Reason]: Explanation } = {
  ...OF_COMMANDS,
  ...OF_CONFLICTS,
  ...OF_STATES,
  ...OF_HOSTS,
};
