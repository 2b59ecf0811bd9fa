import type { EndSignal } from '../../src/cli/io/cli-io.ts';
import type { Probes } from '../../src/cli/io/probes.ts';
import type { Outcome } from '../commands/outcome.ts';
import type { Point } from './child.ts';
import { cleanUp, prepare, whoHas, type Deed } from './deeds.ts';
import type { World } from './world.ts';

/** Tells each point of a run: every step of the state store, and every command to a host. */
function probesAt(pass: (label: string) => void): Probes {
  return {
    state: { at: (point) => pass(`state ${point}`) },
    remote: (point, host) => pass(`${host} ${point}`),
  };
}

/** A deed's points, in order; it is run by this, and must succeed. */
export async function pointsOf(world: World, { argv }: Deed): Promise<readonly Point[]> {
  const points: Point[] = [];
  const pass = (label: string): void => {
    points.push({ label, nth: points.filter((point) => point.label === label).length + 1 });
  };
  const { code, stderr } = await world.start(argv, {}, probesAt(pass)).ended;
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit ${code}\n${stderr}`);
  return points;
}

/** Runs a deed, with a signal when it comes to a point. @returns null when the point did not come this time */
async function signalled(world: World, deed: Deed, at: Point, name: EndSignal): Promise<Outcome | null> {
  let left = at.nth;
  const pass = (label: string): void => {
    if (label !== at.label) return;
    left -= 1;
    if (left === 0) running.signal(name);
  };
  const running = world.start(deed.argv, {}, probesAt(pass));
  const outcome = await running.ended;
  return left > 0 ? null : outcome;
}

/**
 * Sends a signal to a command at a point, and looks at what it says and leaves; then the same command must
 * succeed.
 * @returns false when the point did not come this time: how often a drain asks depends on time
 * @throws Error that says what does not hold
 */
export async function signalAt(world: World, deed: Deed, at: Point, name: EndSignal): Promise<boolean> {
  await prepare(world, deed);
  const before: Before = { serial: world.state().serial, who: whoHas(world), left: filesLeft(world) };
  const outcome = await signalled(world, deed, at, name);
  if (outcome !== null) {
    const text = `${outcome.stdout}${outcome.stderr}`;
    const expected = name === 'SIGINT' ? 130 : 143;
    const wrong = [
      ...(outcome.code === expected ? [] : [`exit ${outcome.code}, not ${expected}`]),
      ...saidOtherwise(world, text, before),
      ...filesLeft(world).filter((file) => !before.left.includes(file)),
      ...(/detaching was begun|not proved to be cut off|Nothing was changed|DRIFT/.test(text)
        ? []
        : intentsLeft(world)),
      ...findings(world),
    ];
    if (wrong.length > 0) throw new Error(`${wrong.join('; ')}\n${text}`);
  }
  await world.must(...deed.argv);
  if (deed.goal !== 'either' && whoHas(world) !== deed.goal)
    throw new Error(`again: ${whoHas(world)} has it, not ${deed.goal}`);
  const wrong = intentsLeft(world);
  await cleanUp(world);
  wrong.push(...filesLeft(world), ...findings(world));
  if (wrong.length > 0) throw new Error(`in the end: ${wrong.join('; ')}`);
  return outcome !== null;
}

/** How things were before the command. */
interface Before {
  readonly serial: number;
  readonly who: string;
  /** What one that was killed before it left. */
  readonly left: readonly string[];
}

/** What a command may say of the state that things are in, and whether that is so. */
const SAYINGS: readonly (readonly [RegExp, (now: World, before: Before, node: string) => boolean])[] = [
  [
    /Nothing was changed/,
    (now, before) => now.state().serial === before.serial && whoHas(now) === before.who,
  ],
  [/vol-1 is attached nowhere|vol-1 is detached from/, (now) => claimOf(now) === 'nobody'],
  [/vol-1 is (?:still )?attached to (node-\d)/, (now, _, node) => claimOf(now) === node],
  [/vol-1 is moved from node-1 to (node-\d)/, (now, _, node) => claimOf(now) === node],
  [/node-1 is marked as fenced, but not proved/, isMarked],
  [/node-1 is fenced: cut off/, (now) => isMarked(now) && whoHas(now) === 'nobody'],
  [/node-1 is no longer fenced/, (now) => !isMarked(now)],
  [/open-attach +repaired .*it is undone/, (now) => claimOf(now) === 'nobody'],
  [/DRIFT +RESULT[^]+What is not listed as repaired is left for the next run/, () => true],
];

function isMarked(world: World): boolean {
  return world.state().nodes['node-1']?.fenced != null;
}

/** Who has it by the state and by the ground truth alike. */
function claimOf(world: World): string {
  const claimed = world.state().attachments['rds1/vol-1']?.holders.map(({ node }) => node) ?? ['nobody'];
  const has = whoHas(world);
  return claimed.join(' and ') === has ? has : `${has}, not ${claimed.join(' and ')}`;
}

/** What the command says of the state that things are in, held against how they are. */
function saidOtherwise(world: World, text: string, before: Before): string[] {
  const said = SAYINGS.flatMap(([saying, isSo]) => {
    const match = saying.exec(text);
    return match === null ? [] : [{ what: match[0], isSo: isSo(world, before, match[1] ?? '') }];
  });
  // Every node of this world answers.
  const lies = text.includes('does not answer') ? ['it says that a node does not answer'] : [];
  if (said.length === 0) lies.push('it does not say what state things are in');
  return [...lies, ...said.filter(({ isSo }) => !isSo).map(({ what }) => `it says "${what}"`)];
}

/** Locks and temporary files. */
function filesLeft(world: World): string[] {
  return world.leftovers().map((file) => `${file} is left`);
}

function intentsLeft(world: World): string[] {
  const open = Object.values(world.state().attachments).filter(({ intent }) => intent !== null);
  return open.map(({ volume, phase }) => `${volume} is left ${phase}`);
}

function findings(world: World): string[] {
  return world.findings().map(({ law, volume, what }) => `${law}: ${volume}: ${what}`);
}
