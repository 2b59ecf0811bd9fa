import { ManualClock } from '../../../../src/simulator/clock.ts';
import { EventLog } from '../../../../src/simulator/events.ts';
import { RouterOsDevice } from '../../../../src/simulator/routeros/device/device.ts';
import type { Policy } from '../../../../src/simulator/routeros/device/session.ts';
import type { DiskSpec } from '../../../../src/simulator/routeros/device/disk-menu.ts';
import { NvmeTarget } from '../../../../src/simulator/target/target.ts';

/** A device before a target, and a way to talk to it. */
export async function makeDevice(options: { version?: string; disks?: DiskSpec[]; readLagMs?: number } = {}) {
  const clock = new ManualClock();
  const events = new EventLog(clock);
  const target = new NvmeTarget({ rds: 'rds1', clock, events });
  const GIB = 1024 ** 3;
  const disks = options.disks ?? ['vol-1', 'vol-2', 'vol-10'].map((slot) => ({ slot, sizeBytes: GIB }));
  const device = await RouterOsDevice.start({
    version: options.version ?? '7.21.5',
    exportModel: target,
    disks,
    events,
    clock,
    readLagMs: options.readLagMs ?? 0,
  });
  /** What one exec prints, its CRLF taken off. */
  const exec = async (line: string, policies?: readonly Policy[]): Promise<string> =>
    (await device.exec(line, policies)).replace(/\r\n/g, '\n').replace(/\n$/, '');
  /** A value of the script as JSON. */
  const value = async (expression: string): Promise<unknown> =>
    JSON.parse(await exec(`:put [:serialize to=json value=${expression} options=json.no-string-conversion]`));
  return { clock, events, target, device, exec, value };
}
