import { NOBODY } from '../../attachment/host-nqn.ts';
import { beginRelease } from '../../attachment/transitions.ts';
import { RdsctlError } from '../../errors/rdsctl-error.ts';
import { checkpoint, step, workOf } from '../context.ts';
import { cutVolumes } from '../fence/cut.ts';
import { standing, subsystemOf } from '../seen.ts';
import { settleOne } from '../settle.ts';
import type { Subject } from './subject.ts';
import { patience, watchWhile, type Noticed } from './watching.ts';

/** What was found out, one trial after the other. */
export interface Findings {
  readonly listAloneCuts: boolean;
  readonly listHonoured: boolean;
  readonly exportOff: Noticed;
  readonly backWithoutList: boolean;
  readonly fence: Noticed;
  readonly reconnectRefused: boolean;
}

/** How long a session is watched that is to live on: an end comes within 0.2 s where it comes (lab a1). */
const LIVES_ON = 2_000;

/**
 * Every trial on an attached volume, ending with the fence itself.
 */
export async function tryEverything(subject: Subject): Promise<Findings> {
  const listAloneCuts = await tryListAlone(subject);
  const listHonoured = await tryOtherHost(subject);
  const { exportOff, backWithoutList } = await tryExportAlone(subject);
  const { fence, reconnectRefused } = await tryFence(subject);
  return { listAloneCuts, listHonoured, exportOff, backWithoutList, fence, reconnectRefused };
}

/** The list alone: a live session is expected to live on, which is why it is never called a fence (lab b1). */
async function tryListAlone(subject: Subject): Promise<boolean> {
  const { context, volume, node } = subject;
  return step(
    context,
    'list-alone',
    `${volume.rds}: take ${node} off the list of ${volume.slot}, nothing else`,
    async () => {
      const noticed = await watchWhile(
        subject,
        () => letIn(subject, NOBODY),
        ({ leftLiveAt }) => leftLiveAt !== null,
        Math.min(LIVES_ON, patience(subject)),
      );
      return noticed.goneMs !== null;
    },
  );
}

/** Exported, but to another host NQN: a connect must be refused. Afterwards it is let in again. */
async function tryOtherHost(subject: Subject): Promise<boolean> {
  const { context, node, volume } = subject;
  const honoured = await step(
    context,
    'other-host',
    `${node}: connect while only another host is on the list`,
    async () => {
      await dropController(subject);
      return !(await getsIn(subject));
    },
  );
  await step(context, 'let-in', `${volume.rds}: let ${node} in again, and connect`, async () => {
    await dropController(subject);
    await letIn(subject, subject.hostNqn);
    await connect(subject);
  });
  return honoured;
}

/** The export alone, off and on again: the session is expected to end, and the node to come back by itself. */
async function tryExportAlone(subject: Subject): Promise<Pick<Findings, 'exportOff' | 'backWithoutList'>> {
  const { context, volume, node } = subject;
  const found = await step(
    context,
    'export-alone',
    `${volume.rds}: switch the export of ${volume.slot} off and on, nothing else`,
    async () => {
      const exportOff = await watchWhile(
        subject,
        () => toggle(subject, false),
        ({ leftLiveAt }) => leftLiveAt !== null,
        patience(subject),
      );
      await toggle(subject, true);
      const backWithoutList = exportOff.goneMs !== null && (await comesBack(subject));
      return { exportOff, backWithoutList };
    },
  );
  await step(context, 'connect-again', `${node}: connect anew`, async () => {
    await dropController(subject);
    await connect(subject);
  });
  return found;
}

/** The fence as `fence` does it, and a connect by hand afterwards. */
async function tryFence(subject: Subject): Promise<Pick<Findings, 'fence' | 'reconnectRefused'>> {
  const { context, volume, node } = subject;
  const { fastIoFailTmo } = context.config.nvme;
  const noticed = await watchWhile(
    subject,
    () => cut(subject),
    ({ leftLiveAt, firstFailureAt }) => leftLiveAt !== null && firstFailureAt !== null,
    patience(subject) + Math.max(0, fastIoFailTmo),
  );
  const reconnectRefused = await step(
    context,
    'reconnect',
    `${node}: connect to ${volume.slot} after the fence`,
    async () => {
      await dropController(subject);
      return !(await getsIn(subject));
    },
  );
  return { fence: noticed, reconnectRefused };
}

/** With its intent in the state, as every cut. */
async function cut({ context, volume, node, server, trail, lock }: Subject): Promise<void> {
  const { key, rds, slot } = volume;
  const state = await context.manager.change((current) => {
    // Within the commit: whoever lost the volume's lock must not lay an intent over what another one made.
    lock.assertHeld();
    return beginRelease(current, key, node, 'fence', workOf(context));
  });
  const [disk = null] = (await server.look([slot], { signal: context.grace })).disks;
  const attachment = state.attachments[key] ?? null;
  const token = state.tokens[key] ?? 0;
  trail.token = token;
  const target = { key, rds, slot, attachment, token, disk, error: null };
  const [done] = await cutVolumes(context, node, state, [target], trail);
  if (done?.volume.verified === true) return;
  throw done?.volume.error ?? new RdsctlError('INTERNAL', { message: 'a cut without an outcome' });
}

async function letIn(subject: Subject, allow: string): Promise<void> {
  const { context, server, volume, comment, trail, lock } = subject;
  lock.assertHeld();
  trail.changed(volume.rds, `admit ${allow === NOBODY ? 'nobody' : allow} to ${volume.slot}`);
  await settleOne(context, server, {
    kind: 'admit',
    slot: volume.slot,
    expectComment: comment,
    comment,
    allow,
  });
}

async function toggle(subject: Subject, exported: boolean): Promise<void> {
  const { context, server, volume, comment, trail, lock } = subject;
  lock.assertHeld();
  trail.changed(volume.rds, `export ${volume.slot} ${exported ? 'on' : 'off'}`);
  const { slot } = volume;
  await settleOne(context, server, { kind: 'toggle', slot, expectComment: comment, comment, exported });
}

/** Whether a connect by hand, with the host NQN of the attachment, gets in. */
async function getsIn(subject: Subject): Promise<boolean> {
  const result = await tryConnect(subject, true);
  return standing(result.subsystem, subject.address) !== 'none';
}

async function connect(subject: Subject): Promise<void> {
  const { node, volume, address } = subject;
  const { subsystem, words } = await tryConnect(subject, false);
  if (standing(subsystem, address) === 'live' && (subsystem?.devices.length ?? 0) > 0) return;
  throw new RdsctlError('CONNECT_REFUSED', {
    message: `${node} could not connect to ${volume.slot} again although it is let in${words === '' ? '' : `: ${words}`}`,
    details: { node, volume: volume.key },
  });
}

async function tryConnect(subject: Subject, attempt: boolean) {
  const { context, port, nqn, address, tcpPort, hostNqn, node, view, lock } = subject;
  checkpoint(context);
  lock.assertHeld();
  const hostId = (await context.manager.state()).nodes[node]?.hostId ?? '';
  const nvmeCli = view.nvmeCli ?? '';
  return port.connect(
    { nqn, address, port: tcpPort, hostNqn, hostId, nvmeCli, ...(attempt ? { attempt } : {}) },
    { signal: context.grace },
  );
}

/** Whatever the node holds of the volume goes: nothing is on it, and nothing was written. */
async function dropController(subject: Subject): Promise<void> {
  const { context, port, nqn, address, node, volume, lock } = subject;
  lock.assertHeld();
  const { controllers } = await port.disconnect({ nqn, address, cutOff: true }, { signal: context.grace });
  if (controllers.length === 0) return;
  throw new RdsctlError('STALE_CONTROLLER', {
    message: `${node} does not drop its controller of ${volume.slot} (${controllers.map(({ name, state }) => `${name} ${state}`).join(', ')})`,
    details: { node, volume: volume.key },
  });
}

/** The node retries every reconnect-delay; a kernel that gave up has no controller any more. */
async function comesBack(subject: Subject): Promise<boolean> {
  const { context, port, nqn, address } = subject;
  const { clock, config, signal } = context;
  const end = clock.monotonic() + config.nvme.reconnectDelay + patience(subject);
  for (;;) {
    checkpoint(context);
    const stand = standing(subsystemOf(await port.observe({ usesOf: [], signal }), nqn), address);
    if (stand === 'live') return true;
    if (stand === 'none' || clock.monotonic() >= end) return false;
    await clock.sleep(250, signal);
  }
}
