import { expect, it } from 'vitest';

import { untrack } from '../../src/attachment/transitions.ts';
import { plannedStore } from '../../src/state/planned-store.ts';
import { emptyState, MemoryStore } from '../fakes/memory-store.ts';
import { aState, anAttachment } from '../fakes/world.ts';

it('a planned store shows its own changes, and writes none', async () => {
  const real = new MemoryStore(aState([anAttachment()]));
  const planned = plannedStore(real, () => 'made up');
  expect(await planned.read()).toBe(real.state);
  const after = await planned.update((state) => untrack(state, 'rds1/vol-1'));
  expect(after).toMatchObject({
    attachments: {},
    serial: real.state.serial + 1,
    lineage: real.state.lineage,
  });
  expect((await planned.read()).attachments).toEqual({});
  expect(real.commits).toEqual([]);
  expect(Object.keys(real.state.attachments)).toEqual(['rds1/vol-1']);
});

it('a planned store takes no lock, so that it waits for nobody and holds nobody up', async () => {
  const real = new MemoryStore();
  real.holdElsewhere('rds1/vol-1');
  const lock = await plannedStore(real, () => 'made up').lock({ name: 'rds1/vol-1', timeoutMs: 0 });
  lock.assertHeld();
  await lock.release();
  expect(real.held.get('rds1/vol-1')?.host).toBe('admin2');
});

it('a planned store of a state that was never written has a lineage for the tags it would write', async () => {
  const planned = plannedStore(new MemoryStore(emptyState({ lineage: '', serial: 0 })), () => 'made up');
  expect((await planned.update((state) => state)).lineage).toBe('made up');
  expect((await planned.update((state) => state)).lineage).toBe('made up');
});

it('a planned store keeps the real state as it was when the change is refused', async () => {
  const planned = plannedStore(new MemoryStore(), () => 'made up');
  await expect(
    planned.update(() => {
      throw new Error('refused');
    }),
  ).rejects.toThrow('refused');
  expect((await planned.read()).serial).toBe(1);
});
