import { AttachmentManager } from '../../../src/attachment/attachment-manager.ts';
import { VolumeLockManager } from '../../../src/attachment/volume-lock-manager.ts';
import { RdsctlError } from '../../../src/errors/rdsctl-error.ts';
import { attach } from '../../../src/operations/attach/attach.ts';
import type { OperationContext } from '../../../src/operations/context.ts';
import { detach } from '../../../src/operations/detach/detach.ts';
import { fence } from '../../../src/operations/fence/fence.ts';
import { move } from '../../../src/operations/move.ts';
import type { NodePort, NodeView, Subsystem } from '../../../src/operations/ports/node.ts';
import type { StorageServer } from '../../../src/operations/ports/storage-server.ts';
import { unfence } from '../../../src/operations/unfence.ts';
import type { StateStore } from '../../../src/state/store.ts';
import { hostId, hostNqn, unreachable } from '../../fakes/fake-node.ts';
import { aConfig, anything } from '../../fakes/world.ts';
import { SLOTS, type ModelWorld, type NodeName, type Slot } from './model-world.ts';
import { Gate, type Lags, type LateChange, type Trouble } from './trouble.ts';

/** A command of the model, as an operator gives it. */
export type Request =
  | { readonly do: 'attach' | 'move'; readonly slot: Slot; readonly node: NodeName }
  | { readonly do: 'detach'; readonly slot: Slot }
  | { readonly do: 'fence'; readonly node: NodeName }
  | { readonly do: 'unfence'; readonly node: NodeName; readonly force: boolean };

export interface Ended {
  /** Exit code; null: the process died. */
  readonly code: number | null;
  readonly error: RdsctlError | null;
  /** Whether what should go wrong did. */
  readonly troubled: boolean;
}

const late = new WeakMap<ModelWorld, LateChange[]>();

/** Runs one command as a process of its own: own context, own locks that go with it. */
export async function operate(
  world: ModelWorld,
  request: Request,
  trouble: Trouble | null = null,
  lags: Lags = [],
): Promise<Ended> {
  const stop = new AbortController();
  const overdue = new AbortController();
  const pending = late.get(world) ?? [];
  late.set(world, pending);
  const gate = new Gate(trouble, pending, lags, {
    interrupt: () => stop.abort(new RdsctlError('INTERRUPTED', { message: 'interrupted' })),
    overdue: () => overdue.abort(new RdsctlError('TIMED_OUT', { message: 'the time ran out' })),
  });
  const taken: (() => void)[] = [];
  const store = gatedStore(world, gate, taken);
  const nodes = new Map<string, NodePort>();
  const context: OperationContext = {
    config: aConfig(),
    manager: new AttachmentManager(store),
    locks: new VolumeLockManager(store),
    server: () => gatedServer(world, gate, pending),
    node: (name) => {
      const node = nodes.get(name) ?? gatedNode(world, gate, name as NodeName);
      nodes.set(name, node);
      return node;
    },
    audit: { record: () => gate.store(() => Promise.resolve()) },
    proofs: { read: () => Promise.resolve(null), write: () => Promise.resolve() },
    clock: world.clock,
    report: () => undefined,
    signal: stop.signal,
    grace: overdue.signal,
    by: 'ops@admin1',
    pid: 42,
    lockTimeoutMs: 1000,
    reason: null,
  };
  const outcome = await Promise.race([gate.crashed, run(context, request)]);
  if (outcome === 'crashed') {
    for (const free of taken) free();
    return { code: null, error: null, troubled: true };
  }
  return { ...outcome, troubled: gate.met };
}

async function run(context: OperationContext, request: Request): Promise<Omit<Ended, 'troubled'>> {
  try {
    switch (request.do) {
      case 'attach':
        await attach(
          context,
          { volume: request.slot, node: request.node, shared: null, takeOver: false },
          anything,
        );
        break;
      case 'move':
        await move(context, { volume: request.slot, node: request.node }, anything);
        break;
      case 'detach':
        await detach(context, { volume: request.slot, node: null }, anything);
        break;
      case 'fence': {
        const { failure } = await fence(context, { node: request.node, volumes: [] }, anything);
        if (failure !== null) throw failure;
        break;
      }
      case 'unfence':
        await unfence(context, { node: request.node, force: request.force });
        break;
    }
    return { code: 0, error: null };
  } catch (error) {
    if (!(error instanceof RdsctlError)) throw error;
    return { code: error.exitCode, error };
  }
}

function gatedStore(world: ModelWorld, gate: Gate, taken: (() => void)[]): StateStore {
  const { store } = world;
  return {
    location: store.location,
    read: () => store.read(),
    update: (change) => gate.store(() => store.update(change)),
    lock: async (request) => {
      const lock = await store.lock(request);
      let held = true;
      const free = (): void => {
        if (held) void lock.release();
        held = false;
      };
      taken.push(free);
      return {
        ...lock,
        release: () => {
          free();
          return Promise.resolve();
        },
      };
    },
    watch: (options) => store.watch(options),
    close: () => Promise.resolve(),
  };
}

function gatedServer(world: ModelWorld, gate: Gate, pending: LateChange[]): StorageServer {
  const { server } = world;
  const asked = async <T>(work: () => Promise<T>, changes = false): Promise<T> => {
    if (world.serverDown) throw unreachable('rds1');
    const result = await gate.host('rds1', work, changes);
    // What an earlier exec left under way lands after a question that did not show it yet.
    for (const change of pending) change.calls -= 1;
    for (const change of pending.filter(({ calls }) => calls === 0)) await change.work();
    pending.splice(0, pending.length, ...pending.filter(({ calls }) => calls > 0));
    return result;
  };
  return {
    name: 'rds1',
    nvmeAddress: server.nvmeAddress,
    open: () => undefined,
    look: (slots, options) => asked(() => server.look(slots, options)),
    change: (changes, options) => asked(() => server.change(changes, options), true),
    inFlight: (slots, options) =>
      asked(() => {
        options?.signal?.throwIfAborted();
        return Promise.resolve(new Map(slots.map((slot) => [slot, world.inFlight(slot as Slot)])));
      }),
    diagnose: (options) => asked(() => server.diagnose(options)),
    lookAtFirewall: (options) => asked(() => server.lookAtFirewall(options)),
    changeFirewall: (change, options) => asked(() => server.changeFirewall(change, options), true),
    close: () => Promise.resolve(),
  };
}

function gatedNode(world: ModelWorld, gate: Gate, name: NodeName): NodePort {
  const host = world.host(name);
  const asked = <T>(work: () => T, signal: AbortSignal | undefined): Promise<T> =>
    gate.host(name, () =>
      Promise.resolve().then(() => {
        signal?.throwIfAborted();
        if (host.down) throw unreachable(name);
        return work();
      }),
    );
  const subsystem = (slot: Slot, withUses: boolean): Subsystem | null => {
    const controller = host.controllers.get(slot);
    const uses = world.uses(name, slot);
    if (controller === undefined && uses.length === 0) return null;
    return {
      nqn: world.server.disk(slot).nqn,
      controllers:
        controller === undefined
          ? []
          : [
              {
                name: 'nvme0',
                state: controller.live ? 'live' : 'connecting',
                address: world.server.nvmeAddress,
                port: 4420,
              },
            ],
      devices: [{ path: `/dev/${slot}`, sizeBytes: 1_073_741_824, usable: true }],
      uses: withUses ? uses : [],
    };
  };
  const slotOf = (nqn: string): Slot => SLOTS.find((slot) => world.server.disk(slot).nqn === nqn) ?? SLOTS[0];
  return {
    name,
    open: () => undefined,
    observe: ({ usesOf, signal }) =>
      asked((): NodeView => {
        const seen = SLOTS.map((slot) => subsystem(slot, usesOf.includes(world.server.disk(slot).nqn)));
        return {
          bootId: `boot-${name}`,
          clock: world.clock.now().getTime(),
          kernel: '6.12.0',
          nvmeCli: '2.13',
          nvmeTcp: true,
          hostNqnFile: hostNqn(name),
          hostIdFile: hostId(name),
          subsystems: seen.filter((each) => each !== null),
        };
      }, signal),
    connect: ({ nqn }, options) =>
      asked(() => {
        const slot = slotOf(nqn);
        if (host.controllers.has(slot))
          return { subsystem: subsystem(slot, false), connected: false, words: '' };
        const connected = world.connect(name, slot);
        return { subsystem: subsystem(slot, false), connected, words: connected ? '' : 'failed to write' };
      }, options?.signal),
    disconnect: ({ nqn, cutOff = false }, options) =>
      asked(() => {
        const slot = slotOf(nqn);
        const before = subsystem(slot, true);
        const live = host.controllers.get(slot)?.live === true;
        if (live && !cutOff && before !== null && before.uses.length > 0) {
          return { uses: before.uses, controllers: before.controllers, words: '' };
        }
        world.disconnect(name, slot);
        return { uses: [], controllers: [], words: '' };
      }, options?.signal),
    diagnose: unmodelled,
    beginWatch: unmodelled,
    lookAtWatch: unmodelled,
    endWatch: unmodelled,
    rest: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** None of the operations that the model runs asks for it. */
function unmodelled(): Promise<never> {
  return Promise.reject(new Error('the model knows neither diagnoses nor watches'));
}
