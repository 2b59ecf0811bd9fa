import { ATTACH, DETACH, repaired, reported, type Rule } from './rule.ts';

const OPEN_DETACH = 'a detach from {node} was begun and not finished';

/** A detach was cut short. */
export const DETACHING: readonly Rule[] = [
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
