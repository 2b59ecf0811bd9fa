import type { Point } from './child.ts';
import type { Fault, World } from './world.ts';

/** A command whose every point something is done to, and what comes before it. */
export interface Deed {
  readonly name: string;
  readonly argv: readonly string[];
  /** Commands that make what it needs. */
  readonly before: readonly (readonly string[])[];
  /** A command that is killed at a point before it. */
  readonly wreck?: { readonly argv: readonly string[]; readonly at: Point };
  /** What somebody types on the storage server's console then. */
  readonly byHand?: string;
  /** In force while it runs. */
  readonly faults?: readonly Fault[];
  /** Where vol-1 is when it has succeeded. */
  readonly goal: 'node-1' | 'node-2' | 'nobody' | 'either';
}

const ATTACHED = [['attach', 'vol-1', 'node-1']];
const FENCED = [...ATTACHED, ['fence', 'node-1', '--yes']];

/** The answer to a change at the storage server gets lost. */
const UNHEARD: Fault = {
  at: 'rds1',
  when: 'exec',
  match: 'nvme-tcp-export=(yes|no)',
  do: 'drop-after',
  times: 1,
};

const PLAIN: readonly Deed[] = [
  { name: 'attach', argv: ['attach', 'vol-1', 'node-1'], before: [], goal: 'node-1' },
  { name: 'detach', argv: ['detach', 'vol-1'], before: ATTACHED, goal: 'nobody' },
  { name: 'move', argv: ['move', 'vol-1', 'node-2'], before: ATTACHED, goal: 'node-2' },
  { name: 'fence', argv: ['fence', 'node-1', '--yes'], before: ATTACHED, goal: 'nobody' },
  { name: 'unfence', argv: ['unfence', 'node-1'], before: FENCED, goal: 'nobody' },
  {
    name: 'attach to the owner of an export that was opened',
    argv: ['attach', 'vol-1', 'node-1'],
    before: ATTACHED,
    byHand: '/disk set [find where slot="vol-1"] nvme-tcp-server-allow-host-name=""',
    goal: 'node-1',
  },
  {
    name: 'reconcile after an attach',
    argv: ['reconcile'],
    before: [],
    wreck: { argv: ['attach', 'vol-1', 'node-1'], at: { label: 'rds1 after', nth: 2 } },
    goal: 'either',
  },
  {
    name: 'reconcile after a detach',
    argv: ['reconcile'],
    before: ATTACHED,
    wreck: { argv: ['detach', 'vol-1'], at: { label: 'node-1 after', nth: 2 } },
    goal: 'either',
  },
];

/** The same, with the answer to the change lost on the way. */
const LOSSY: readonly Deed[] = PLAIN.filter(({ name }) => !/^unfence|^reconcile/.test(name)).map((deed) => ({
  ...deed,
  name: `${deed.name}, an answer lost`,
  faults: [UNHEARD],
}));

export const DEEDS: readonly Deed[] = [...PLAIN, ...LOSSY];

/** Makes what a deed needs; then its faults come into force. */
export async function prepare(world: World, deed: Deed): Promise<void> {
  for (const command of deed.before) await world.must(...command);
  if (deed.byHand !== undefined) await world.simulation.rds.device.exec(deed.byHand);
  if (deed.wreck !== undefined) await world.spawn(deed.wreck).ended;
  await world.faults(...(deed.faults ?? []));
}

/** Whoever has the volume by the ground truth. */
export function whoHas(world: World, volume = 'vol-1'): string {
  const hosts = world.simulation.rds.target.openSessions(volume).map(({ request }) => request.node);
  return hosts.length === 0 ? 'nobody' : hosts.join(' and ');
}

/** Back to nothing attached, nobody fenced. */
export async function cleanUp(world: World): Promise<void> {
  await world.faults();
  if (world.state().nodes['node-1']?.fenced != null) {
    await world.must('fence', 'node-1', '--yes');
    await world.must('unfence', 'node-1');
  }
  if (world.state().attachments['rds1/vol-1'] !== undefined) await world.must('detach', 'vol-1');
}
