import { describe, expect, it } from 'vitest';
import { askOtherNodes } from '../../src/operations/attach/other-nodes.ts';
import { lookAgain, viewsOf } from '../../src/operations/reconcile/look.ts';
import { survey } from '../../src/operations/survey.ts';
import { unreachable } from '../fakes/fake-node.ts';
import { aConfig, makeWorld } from '../fakes/world.ts';

/** A world of so many nodes that notes how many connections to them stood at once. */
function fleet(count: number) {
  const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  const world = makeWorld({ config: aConfig({}, ['rds1', 'rds2'], names) });
  const open = new Set<string>();
  const seen = { most: 0, opened: 0 };
  for (const name of names) {
    const node = world.node(name);
    const observe = node.observe.bind(node);
    node.observe = async (options) => {
      if (!open.has(name)) seen.opened += 1;
      open.add(name);
      seen.most = Math.max(seen.most, open.size);
      // Others get their turn.
      await new Promise((resolve) => setImmediate(resolve));
      return observe(options);
    };
    node.close = () => Promise.resolve(void open.delete(name));
  }
  return { ...world, open, seen };
}

describe('survey', () => {
  it('is connected to at most 32 of many nodes at once, and to each once', async () => {
    const { context, open, seen } = fleet(100);
    const { nodes, servers } = await survey(context);
    expect([...nodes.values()].filter(({ error }) => error === null)).toHaveLength(100);
    expect([...servers.keys()]).toEqual(['rds1', 'rds2']);
    expect(seen.opened).toBe(100);
    expect(seen.most).toBeLessThanOrEqual(32);
    expect(seen.most).toBeGreaterThan(10);
    expect(open.size).toBe(0);
  });

  it('keeps the connections of a few nodes for what comes next', async () => {
    const { context, open } = fleet(5);
    await survey(context);
    expect(open.size).toBe(5);
  });

  describe('while commands for other volumes may be at work on the same connections, none is closed:', () => {
    const volume = { key: 'rds1/vol-1', rds: 'rds1', slot: 'vol-1' };
    const nqn = 'nqn.2000-02.com.mikrotik:vol-1';

    it('when a volume is looked at again that any host may use', async () => {
      const { context, open, seen, server } = fleet(100);
      server.edit('vol-1', { exported: true, allow: '' });
      const before = viewsOf(context, await survey(context));
      expect(open.size).toBe(0);
      const { nodes } = await lookAgain(context, before, volume);
      expect([...nodes.values()].every((view) => view !== null)).toBe(true);
      expect([open.size, seen.opened]).toEqual([100, 200]);
    });

    it('when all others are asked who uses a volume', async () => {
      const { context, open } = fleet(100);
      expect(await askOtherNodes(context, 'ask', volume, nqn, ['node-1'])).toEqual({
        using: [],
        unasked: [],
      });
      expect(open.size).toBe(99);
    });
  });

  it('a node that can not be asked is part of the answer, and is let go of too', async () => {
    const { context, node, open } = fleet(40);
    node('node-7').error = unreachable('node-7');
    const { nodes } = await survey(context);
    expect(nodes.get('node-7')).toMatchObject({ view: null, error: { reason: 'CONNECT_FAILED' } });
    expect([...nodes.values()].filter(({ error }) => error === null)).toHaveLength(39);
    expect(open.size).toBe(0);
  });
});
