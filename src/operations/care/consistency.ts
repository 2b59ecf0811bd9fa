import { UNKNOWN_HOST, volumeKey } from '../../attachment/names.ts';
import type { Attachment } from '../../attachment/attachment.ts';
import type { State } from '../../state/state.ts';
import type { Finding } from './finding.ts';

/**
 * What contradicts itself within a state whose file is whole. A state that only rdsctl wrote has none of it but
 * operations that were cut short.
 * @param working names of volumes that a command is at work on: what is open there is its business
 */
export function checkConsistency(state: State, working: ReadonlySet<string>): Finding[] {
  const found = Object.values(state.attachments).flatMap((one) => {
    const difference = (what: string, fix: string): Finding => ({
      level: 'difference',
      where: one.volume,
      what,
      fix,
    });
    return contradictions(state, one, working.has(one.volume)).map(([what, fix]) => difference(what, fix));
  });
  return found.sort((a, b) => (a.where < b.where ? -1 : 1));
}

function contradictions(state: State, one: Attachment, isWorkedOn: boolean): [what: string, fix: string][] {
  const found: [string, string][] = [];
  const { volume, rds, slot, phase, holders, token, intent } = one;
  const known = state.tokens[volume];
  if (volume !== volumeKey(rds, slot))
    found.push([`is recorded as ${slot} on ${rds}, which is another volume`, 'rdsctl state rebuild']);
  if (known === undefined || known < token)
    found.push([
      `has token ${token}, but the last one given out is ${known ?? 'not known'}`,
      'rdsctl state rebuild',
    ]);
  if (new Set(holders.map(({ node }) => node)).size !== holders.length || holders.length > 2)
    found.push([
      `is held by ${holders.map(({ node }) => node).join(', ')}: two different nodes at most can`,
      'rdsctl state rebuild',
    ]);
  if (isWorkedOn) return found;
  if (intent !== null)
    found.push([
      `${intent.verb} of ${intent.node} was begun ${intent.since} (by ${intent.by}) and was not finished`,
      `rdsctl ${intent.verb === 'fence' && intent.node !== UNKNOWN_HOST ? `fence ${intent.node}` : 'reconcile'}`,
    ]);
  else if (phase !== 'attached' && phase !== 'fenced')
    found.push([`is ${phase}, but nobody said what was to be done`, 'rdsctl state rebuild']);
  return found;
}
