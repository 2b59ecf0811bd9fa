import { describe, expect, it } from 'vitest';

import { identityOf } from '../../src/operations/identity.ts';
import type { State } from '../../src/state/state.ts';
import { hostId, hostNqn } from '../fakes/fake-node.ts';
import { emptyState } from '../fakes/memory-store.ts';
import { failure } from '../fakes/outcome.ts';
import { aConfig, anAttachment, aState, makeWorld } from '../fakes/world.ts';

describe('the identity of a node', () => {
  const mine = { hostNqn: hostNqn('node-1'), hostId: hostId('node-1') };
  const view = { hostNqnFile: mine.hostNqn, hostIdFile: mine.hostId };
  const record = (over: Partial<State['nodes'][string]> = {}) => ({
    hostNqn: null,
    hostId: null,
    fenced: null,
    ...over,
  });
  const refuse = (of: State, config = aConfig()) =>
    failure(() => {
      identityOf(makeWorld({ config }).context, of, 'node-1', view);
    });
  const accept = (of: State, config = aConfig()) => {
    expect(identityOf(makeWorld({ config }).context, of, 'node-1', view)).toEqual(mine);
  };

  it('takes a node that is like no other, and itself', () => {
    accept(emptyState());
    accept(
      emptyState({ nodes: { 'node-1': record(mine), 'node-2': record({ hostNqn: hostNqn('node-2') }) } }),
    );
  });

  it('is the configured one before that of its file, and refused where it has none', async () => {
    const config = aConfig();
    const node = config.nodes['node-1'];
    if (node === undefined) throw new Error('no node-1');
    const nodes = { ...config.nodes, 'node-1': { ...node, hostNqn: mine.hostNqn } };
    const { context } = makeWorld({ config: { ...config, nodes } });
    const own = { hostNqnFile: hostNqn('node-3'), hostIdFile: mine.hostId };
    expect(identityOf(context, emptyState(), 'node-1', own)).toEqual(mine);
    const none = { hostNqnFile: null, hostIdFile: null };
    const error = await failure(() => identityOf(makeWorld().context, emptyState(), 'node-1', none));
    expect(error.reason).toBe('NODE_NOT_READY');
  });

  it('refuses the host NQN of another node, remembered or configured', async () => {
    const remembered = await refuse(emptyState({ nodes: { 'node-2': record({ hostNqn: mine.hostNqn }) } }));
    expect(remembered).toMatchObject({ reason: 'DUPLICATE_HOST_NQN', exitCode: 4 });
    expect(remembered.message).toContain('node-1 and node-2 have the same host NQN');
    const config = aConfig();
    const node = config.nodes['node-2'];
    if (node === undefined) throw new Error('no node-2');
    const twin = { ...config, nodes: { ...config.nodes, 'node-2': { ...node, hostNqn: mine.hostNqn } } };
    expect((await refuse(emptyState(), twin)).reason).toBe('DUPLICATE_HOST_NQN');
  });

  it('refuses the host ID of another node, in capitals too', async () => {
    const error = await refuse(
      emptyState({ nodes: { 'node-2': record({ hostId: mine.hostId.toUpperCase() }) } }),
    );
    expect(error.message).toContain('the same host ID');
  });

  it('refuses that of a node taken out of the configuration while it is fenced or holds something', async () => {
    const fenced = { since: '', by: '', reason: null, volumes: [] };
    const gone = { 'node-9': record({ hostNqn: mine.hostNqn, fenced }) };
    expect((await refuse(emptyState({ nodes: gone }))).reason).toBe('DUPLICATE_HOST_NQN');
    const holding = aState(
      [anAttachment({ holders: [{ node: 'node-9', hostNqn: null, device: null, since: '' }] })],
      {
        nodes: { 'node-9': record({ hostNqn: mine.hostNqn }) },
      },
    );
    expect((await refuse(holding)).reason).toBe('DUPLICATE_HOST_NQN');
  });

  it('does not count one that is gone from both', () => {
    accept(emptyState({ nodes: { 'node-9': record({ hostNqn: mine.hostNqn, hostId: mine.hostId }) } }));
  });
});
