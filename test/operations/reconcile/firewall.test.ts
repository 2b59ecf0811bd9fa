import { describe, expect, test } from 'vitest';

import { formatEntryTag } from '../../../src/operations/firewall/entries.ts';
import { firewallDrift } from '../../../src/operations/reconcile/firewall.ts';
import { lookAtAll, viewsOf } from '../../../src/operations/reconcile/look.ts';
import { LINEAGE } from '../../fakes/memory-store.ts';
import { failure } from '../../fakes/outcome.ts';
import { aConfig, aState, makeWorld, SINCE } from '../../fakes/world.ts';

const ADDRESSES = ['10.77.1.1', 'fd00::1'];

function stateOf(fenced: boolean) {
  const mark = { since: SINCE, by: 'ops', reason: null, volumes: [] };
  return aState([], { nodes: { 'node-1': { hostNqn: null, hostId: null, fenced: fenced ? mark : null } } });
}

function setup(fenced: boolean, listed: readonly string[]) {
  const config = aConfig({ fence: { settle: 0, drainTimeout: 0, firewall: true } });
  const node = config.nodes['node-1'];
  if (node === undefined) throw new Error('no node-1');
  const nodes = { ...config.nodes, 'node-1': { ...node, addresses: ADDRESSES } };
  const world = makeWorld({ state: stateOf(fenced), config: { ...config, nodes } });
  const comment = formatEntryTag({ node: 'node-1', lineage: LINEAGE });
  world.server.firewall = {
    rules: [],
    entries: listed.map((address) => ({ family: address.includes(':') ? 6 : 4, address, comment })),
  };
  const compare = async () =>
    firewallDrift(world.context, viewsOf(world.context, await lookAtAll(world.context)));
  /** Something that happens while the firewall is looked at. */
  const meanwhile = (happens: () => void): void => {
    const look = world.server.lookAtFirewall.bind(world.server);
    world.server.lookAtFirewall = async (options) => {
      const view = await look(options);
      happens();
      return view;
    };
  };
  return { ...world, compare, meanwhile };
}

describe('the list of fenced nodes', () => {
  test.each([
    [false, false, ADDRESSES, 'stale-firewall-entry', ADDRESSES],
    [false, false, [], null, []],
    [true, true, [], 'missing-firewall-entry', ADDRESSES],
    [true, true, ['10.77.1.1'], 'missing-firewall-entry', ['fd00::1']],
    [true, true, ADDRESSES, null, []],
    // A fence or an unfence that is at work meanwhile is no drift, however far it came.
    [false, true, ADDRESSES, null, []],
    [false, true, [], null, []],
    [true, false, ADDRESSES, null, []],
    [true, false, [], null, []],
  ])('fenced before: %s, after: %s, listed: %j', async (before, after, listed, kind, addresses) => {
    const { compare, meanwhile, store } = setup(before, listed);
    meanwhile(() => {
      store.state = stateOf(after);
    });
    const drift = await compare();
    expect(drift.map((one) => [one.kind, one.node, one.rds, one.details['addresses']])).toEqual(
      kind === null ? [] : [[kind, 'node-1', 'rds1', addresses]],
    );
  });

  test('an interrupt is not taken for a firewall that can not be looked at', async () => {
    const { compare, meanwhile, interrupt, log } = setup(false, ADDRESSES);
    meanwhile(interrupt);
    expect(await failure(compare())).toMatchObject({ reason: 'INTERRUPTED' });
    expect(log.filter((entry) => entry.includes('block'))).toEqual([]);
  });
});
