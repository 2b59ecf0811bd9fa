import { ATTACH, DETACH, repaired, reported, type Rule } from './rule.ts';

const OPEN_ATTACH = 'an attach to {node} was begun and not finished';

/** An attach was cut short. */
export const ATTACHING: readonly Rule[] = [
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
