import type { State } from '../../../src/state/state.ts';
import { SLOTS, NODES, type ModelWorld, type NodeName, type Slot } from './model-world.ts';
import type { Request } from './operate.ts';

/** What the model holds of one volume. */
export interface Belief {
  readonly kind: 'free' | 'held' | 'fenced' | 'attaching' | 'detaching' | 'fencing';
  readonly node: NodeName | null;
}

/** The executable model: who has what, which nodes are fenced. */
export interface Model {
  readonly volumes: Readonly<Record<Slot, Belief>>;
  readonly fenced: ReadonlySet<NodeName>;
}

/** Exit codes that a command may end with where nothing goes wrong in it, and the model after success. */
export interface Prediction {
  readonly codes: readonly number[];
  readonly after: Model;
}

export const FREE: Belief = { kind: 'free', node: null };

/** The model as the state file tells it. */
export function modelOf(state: State): Model {
  const belief = (slot: Slot): Belief => {
    const present = state.attachments[`rds1/${slot}`];
    if (present === undefined) return FREE;
    const kind = present.phase === 'attached' ? 'held' : present.phase;
    return { kind, node: present.holders[0].node as NodeName };
  };
  const [first, second] = SLOTS;
  return {
    volumes: { [first]: belief(first), [second]: belief(second) },
    fenced: new Set(NODES.filter((node) => state.nodes[node]?.fenced != null)),
  };
}

/** What an untroubled command must come to. */
export function predict(world: ModelWorld, model: Model, request: Request): Prediction {
  switch (request.do) {
    case 'attach':
      return { codes: attachCodes(world, model, request.slot, request.node), after: held(model, request) };
    case 'move':
      return { codes: moveCodes(world, model, request.slot, request.node), after: held(model, request) };
    case 'detach':
      return {
        codes: detachCodes(world, model, request.slot),
        after: { ...model, volumes: { ...model.volumes, [request.slot]: FREE } },
      };
    case 'fence':
      return fencePrediction(world, model, request.node);
    case 'unfence':
      return unfencePrediction(world, model, request);
  }
}

function held(model: Model, { slot, node }: { slot: Slot; node: NodeName }): Model {
  return { ...model, volumes: { ...model.volumes, [slot]: { kind: 'held', node } } };
}

function attachCodes(world: ModelWorld, model: Model, slot: Slot, node: NodeName): number[] {
  const belief = model.volumes[slot];
  if (model.fenced.has(node) || belief.kind === 'fencing') return [4];
  const open = belief.kind === 'attaching' || belief.kind === 'detaching';
  const other = belief.node !== node && belief.kind !== 'free' && belief.kind !== 'fenced';
  if (other && belief.kind !== 'attaching') return [4];
  if (world.serverDown || world.host(node).down) return [6];
  // One that was cut short elsewhere counts only if it was granted.
  if (other) return [0, 4];
  if (!open) return [0];
  const unasked = NODES.some((each) => each !== node && world.host(each).down);
  return [0, ...(unasked ? [4] : []), ...(world.uses(node, slot).length > 0 ? [7] : [])];
}

function detachCodes(world: ModelWorld, model: Model, slot: Slot): number[] {
  const { kind, node } = model.volumes[slot];
  if (kind === 'free' || kind === 'fenced' || node === null) return [0];
  if (kind === 'fencing') return [4];
  if (world.serverDown || world.host(node).down) return [6];
  const live = world.host(node).controllers.get(slot)?.live === true;
  return live && world.uses(node, slot).length > 0 ? [7] : [0];
}

function moveCodes(world: ModelWorld, model: Model, slot: Slot, node: NodeName): number[] {
  const belief = model.volumes[slot];
  if (model.fenced.has(node)) return [4];
  const elsewhere = belief.node !== node && belief.kind !== 'free' && belief.kind !== 'fenced';
  if (!elsewhere) return attachCodes(world, model, slot, node);
  if (world.host(node).down) return [6];
  return detachCodes(world, model, slot);
}

function fencePrediction(world: ModelWorld, model: Model, node: NodeName): Prediction {
  const volumes = { ...model.volumes };
  for (const slot of SLOTS) {
    if (volumes[slot].node === node && volumes[slot].kind !== 'free')
      volumes[slot] = { kind: 'fenced', node };
  }
  const after = { volumes, fenced: new Set([...model.fenced, node]) };
  return { codes: world.serverDown ? [0, 6] : [0], after };
}

function unfencePrediction(
  world: ModelWorld,
  model: Model,
  { node, force }: { readonly node: NodeName; readonly force: boolean },
): Prediction {
  const volumes = { ...model.volumes };
  for (const slot of SLOTS) {
    if (volumes[slot].node === node && volumes[slot].kind === 'fenced') volumes[slot] = FREE;
  }
  const fenced = new Set([...model.fenced].filter((each) => each !== node));
  const after = { volumes, fenced };
  if (!model.fenced.has(node)) return { codes: [0], after: model };
  if (SLOTS.some((slot) => model.volumes[slot].kind === 'fencing' && model.volumes[slot].node === node)) {
    return { codes: [4], after };
  }
  if (force) return { codes: [0], after };
  const host = world.host(node);
  if (host.down) return { codes: [6], after };
  if (world.serverDown) return { codes: [0, 4, 6, 7], after };
  const taken = world.store.state.nodes[node]?.fenced?.volumes ?? [];
  const left = SLOTS.filter((slot) => taken.includes(`rds1/${slot}`));
  if (left.some((slot) => host.mounts.has(slot))) return { codes: [7], after };
  return { codes: left.some((slot) => host.controllers.has(slot)) ? [4] : [0], after };
}
