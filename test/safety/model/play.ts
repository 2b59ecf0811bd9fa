import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatComment, parseComment } from '../../../src/attachment/tag.ts';
import { ModelWorld, NODES, SLOTS, type NodeName, type Slot } from './model-world.ts';
import { operate, type Ended, type Request } from './operate.ts';
import { modelOf, predict, type Model } from './oracle.ts';
import { KINDS, type Lags, type Trouble } from './trouble.ts';

/** One step of a history: plain data, so that a history can be printed and played again. */
export type Step =
  | { readonly run: Request; readonly trouble?: Trouble }
  | {
      readonly both: readonly [Request, Request];
      readonly lags: readonly [Lags, Lags];
      readonly trouble?: Trouble;
    }
  | { readonly world: 'down' | 'up' | 'reboot'; readonly node: NodeName }
  | { readonly world: 'mount' | 'umount'; readonly node: NodeName; readonly slot: Slot }
  | { readonly world: 'write'; readonly node: NodeName; readonly slot: Slot; readonly asks: number }
  | { readonly world: 'note'; readonly slot: Slot; readonly text: string }
  | { readonly world: 'server-down' | 'server-up' };

const node = fc.constantFrom(...NODES);
const slot = fc.constantFrom(...SLOTS);
const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('attach' as const), slot, node }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('move' as const), slot, node }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('detach' as const), slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fence' as const), node }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unfence' as const), node, force: fc.boolean() }) },
);
const trouble = fc.record({ at: fc.nat(16), kind: fc.constantFrom(...KINDS) });
const lags = fc.array(fc.nat(12), { minLength: 1, maxLength: 6 });

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ run: request }) },
  { weight: 8, arbitrary: fc.record({ run: request, trouble }) },
  { weight: 3, arbitrary: fc.record({ both: fc.tuple(request, request), lags: fc.tuple(lags, lags) }) },
  {
    weight: 2,
    arbitrary: fc.record({ both: fc.tuple(request, request), lags: fc.tuple(lags, lags), trouble }),
  },
  { weight: 1, arbitrary: fc.record({ world: fc.constantFrom('down' as const, 'up', 'reboot'), node }) },
  { weight: 1, arbitrary: fc.record({ world: fc.constantFrom('mount' as const, 'umount'), node, slot }) },
  {
    weight: 2,
    arbitrary: fc.record({
      world: fc.constant('write' as const),
      node,
      slot,
      asks: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ world: fc.constant('note' as const), slot, text: fc.constantFrom('', 'a b') }),
  },
  { weight: 1, arbitrary: fc.record({ world: fc.constantFrom('server-down' as const, 'server-up') }) },
);

/** Plays a history in a new world, holding each step against the model; at the end everything must come clean. */
export async function play(steps: readonly Step[]): Promise<void> {
  const world = new ModelWorld();
  for (const [index, each] of steps.entries()) {
    try {
      await take(world, each);
      world.check();
    } catch (error) {
      throw new Error(`step ${index + 1} (${JSON.stringify(each)}): ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  await comesClean(world);
}

async function take(world: ModelWorld, each: Step): Promise<void> {
  if ('run' in each) return single(world, each.run, each.trouble ?? null);
  if ('both' in each) return pair(world, each);
  switch (each.world) {
    case 'down':
      world.host(each.node).down = true;
      return;
    case 'up':
      world.host(each.node).down = false;
      {
        world.followExports();
        return;
      }
    case 'reboot': {
      world.reboot(each.node);
      return;
    }
    case 'mount': {
      const host = world.host(each.node);
      if (!host.down && host.controllers.get(each.slot)?.live === true) host.mounts.add(each.slot);
      return;
    }
    case 'umount':
      world.host(each.node).mounts.delete(each.slot);
      return;
    case 'write': {
      world.write(each.node, each.slot, each.asks);
      return;
    }
    case 'note': {
      const { tag } = parseComment(world.server.disk(each.slot).comment);
      if (tag === null) world.server.edit(each.slot, { comment: each.text });
      else if (tag !== 'unreadable') world.server.edit(each.slot, { comment: formatComment(each.text, tag) });
      return;
    }
    case 'server-down':
    case 'server-up':
      world.serverDown = each.world === 'server-down';
      return;
  }
}

async function single(world: ModelWorld, asked: Request, wrong: Trouble | null): Promise<void> {
  const before = modelOf(world.store.state);
  const snapshot = photograph(world);
  const prediction = predict(world, before, asked);
  const ended = await operate(world, asked, wrong);
  const after = modelOf(world.store.state);
  if (!ended.troubled) {
    const told = `exit code ${String(ended.code)} (${ended.error?.message ?? ''}), expected ${prediction.codes.join(' or ')}`;
    assert.ok(ended.code !== null && prediction.codes.includes(ended.code), told);
    if (ended.code !== 0 && asked.do !== 'move' && asked.do !== 'fence') {
      assert.deepEqual(after, before, 'a refused command changed the state');
    }
  }
  if (ended.code === 0)
    assert.deepEqual(after, prediction.after, 'success, but the state is not what it should be');
  success(world, asked, ended);
  honest(world, ended, snapshot);
  strayedNowhere(before, after, [asked]);
}

/** What success promises. */
function success(world: ModelWorld, asked: Request, { code }: Ended): void {
  if (code !== 0) return;
  if (asked.do === 'attach' || asked.do === 'move') {
    assert.deepEqual(world.sessions(asked.slot), [asked.node], `${asked.do} succeeded, sessions`);
  }
  if (asked.do === 'detach') assert.deepEqual(world.sessions(asked.slot), [], 'detach succeeded, sessions');
  if (asked.do === 'fence') {
    const held = SLOTS.filter((each) => world.sessions(each).includes(asked.node));
    assert.deepEqual(held, [], 'fence succeeded, sessions');
  }
}

function photograph(world: ModelWorld): unknown {
  return structuredClone({
    attachments: world.store.state.attachments,
    disks: [...world.server.disks],
    sessions: SLOTS.map((each) => world.sessions(each)),
  });
}

/** "Nothing was changed." must be true. */
function honest(world: ModelWorld, { error }: Ended, snapshot: unknown): void {
  const now = error?.now ?? '';
  if (now.startsWith('Nothing was changed')) {
    assert.deepEqual(photograph(world), snapshot, `"${now}" (${error?.message ?? ''})`);
  }
  const nowhere = /undone: (\S+) is attached nowhere/.exec(now)?.[1] as Slot | undefined;
  if (nowhere !== undefined) {
    assert.equal(modelOf(world.store.state).volumes[nowhere].kind, 'free', now);
    assert.deepEqual(world.sessions(nowhere), [], now);
  }
}

/** Volumes go only where somebody wanted them, and the others stay what they are. */
function strayedNowhere(before: Model, after: Model, asked: readonly Request[]): void {
  for (const each of SLOTS) {
    const may = new Set([before.volumes[each].node, null]);
    for (const request of asked)
      if ('slot' in request && request.slot === each && 'node' in request) may.add(request.node);
    assert.ok(may.has(after.volumes[each].node), `${each} went to ${after.volumes[each].node ?? 'nobody'}`);
    const concerned = asked.some((request) =>
      'slot' in request ? request.slot === each : request.node === before.volumes[each].node,
    );
    // In a pair the one may give it to the node that the other fences.
    if (!concerned && asked.length === 1)
      assert.deepEqual(after.volumes[each], before.volumes[each], `${each} was not concerned`);
  }
}

async function pair(
  world: ModelWorld,
  { both, lags: [one, other], trouble: wrong }: Extract<Step, { both: unknown }>,
): Promise<void> {
  const before = modelOf(world.store.state);
  const orders =
    wrong === undefined ? [inOrder(world, before, both), inOrder(world, before, [both[1], both[0]])] : null;
  const ended = await Promise.all([
    operate(world, both[0], wrong ?? null, one),
    operate(world, both[1], null, other),
  ]);
  const after = modelOf(world.store.state);
  strayedNowhere(before, after, both);
  if (orders === null) return;
  const codes = ended.map(({ code }) => code);
  const [forth = null, back = null] = orders;
  const fits = forth === null || forth(codes, after) || back === null || back([...codes].reverse(), after);
  const told = ended.map(({ code, error }) => `${String(code)} ${error?.message ?? ''}`).join('; ');
  assert.ok(fits, `no order of the two explains ${told} and ${JSON.stringify(after.volumes)}`);
}

/** Whether two outcomes are those of one order; null: that order can't be foretold. */
function inOrder(
  world: ModelWorld,
  before: Model,
  [first, second]: readonly [Request, Request],
): ((codes: readonly (number | null)[], after: Model) => boolean) | null {
  const one = predict(world, before, first);
  if (one.codes.length > 1 || first.do === 'fence' || first.do === 'unfence' || second.do === 'unfence')
    return null;
  const middle = one.codes[0] === 0 ? one.after : before;
  const two = predict(world, middle, second);
  if (two.codes.length > 1) return null;
  // What the second finds on the nodes is the first one's doing: only what does not hang on it is compared.
  if (SLOTS.some((each) => NODES.some((name) => world.uses(name, each).length > 0))) return null;
  const last = two.codes[0] === 0 ? two.after : middle;
  return (codes, after) => {
    try {
      assert.deepEqual(codes, [one.codes[0], two.codes[0]]);
      assert.deepEqual(after, last);
      return true;
    } catch {
      return false;
    }
  };
}

/** Everything works again: whatever is left half-done, the commands that the messages name finish it. */
async function comesClean(world: ModelWorld): Promise<void> {
  world.serverDown = false;
  for (const name of NODES) {
    const host = world.host(name);
    host.down = false;
    host.mounts.clear();
  }
  world.followExports();
  const must = async (asked: Request): Promise<void> => {
    const { code, error } = await operate(world, asked);
    assert.equal(
      code,
      0,
      `at the end, ${JSON.stringify(asked)}: ${error?.message ?? ''} ${error?.now ?? ''}`,
    );
    success(world, asked, { code, error, troubled: false });
    world.check();
  };
  for (const each of SLOTS) {
    const { kind, node: holder } = modelOf(world.store.state).volumes[each];
    if (kind === 'fencing' && holder !== null) await must({ do: 'fence', node: holder });
    await must({ do: 'detach', slot: each });
  }
  for (const name of NODES) {
    if (!modelOf(world.store.state).fenced.has(name)) continue;
    await must({ do: 'fence', node: name });
    await must({ do: 'unfence', node: name, force: false });
  }
  for (const each of SLOTS) {
    for (const name of NODES) await must({ do: 'move', slot: each, node: name });
    await must({ do: 'detach', slot: each });
  }
  assert.deepEqual(world.store.state.attachments, {});
  assert.deepEqual([...world.store.held.keys()], [], 'locks are left behind');
}
