import { VolumeLockManager } from '../../attachment/volume-lock-manager.ts';
import { openAuditLog } from '../../audit/audit-log.ts';
import { auditReader } from '../../audit/reader.ts';
import { auditRecorder } from '../../audit/recorder.ts';
import { currentOrigin, whoText } from '../../audit/who.ts';
import { isReason } from '../../errors/rdsctl-error.ts';
import type { CareContext } from '../../operations/care/care-context.ts';
import type { CommandContext } from '../command.ts';
import { openStateCare } from './open-care.ts';
import { openStore } from './open-store.ts';
import type { StoreOptions } from './store-options.ts';
import { systemClock } from './system-clock.ts';

/** What the commands that care for the state work with. */
export interface Care {
  readonly context: CareContext;
  readonly close: () => Promise<void>;
}

/** Backups that are kept, and milliseconds that locks are waited for, when no configuration says it. */
const DEFAULTS = { backups: 10, lockMs: 30_000 };

/** Puts the state's adapters behind the ports: no storage server and no node is needed for the state's own care. */
export async function openCare(command: CommandContext): Promise<Care> {
  const location = await command.stateLocation();
  const { directory } = location;
  const { backups, lockMs, leaseMs } = await limits(command);
  const origin = currentOrigin(command.argv);
  const who = whoText(origin.who);
  const options: StoreOptions = {
    backups,
    timeoutMs: Math.max(lockMs, 10_000),
    leaseMs,
    signal: command.signal,
    holder: () => ({ who, host: origin.host, pid: origin.pid, command: origin.command }),
  };
  const care = await openStateCare(location, options);
  const store = await openStore(location, options);
  const log = openAuditLog({ directory });
  return {
    context: {
      care,
      locks: new VolumeLockManager(store),
      audit: command.common.dryRun ? { record: () => Promise.resolve() } : auditRecorder(log, origin),
      auditReader: auditReader(log, directory),
      clock: systemClock(command.now),
      report: command.report,
      signal: command.signal,
      lockTimeoutMs: lockMs,
      reason: command.common.reason ?? null,
    },
    close: () => store.close(),
  };
}

/** A configuration that is missing or wrong is no reason to leave a damaged state alone. */
async function limits(
  command: CommandContext,
): Promise<{ backups: number; lockMs: number; leaseMs: number | undefined }> {
  try {
    const { config } = await command.config();
    const { lock, lease } = config.timeouts;
    return { backups: config.backups, lockMs: lock, leaseMs: lease };
  } catch (error) {
    if (!isReason(error, 'NO_CONFIG', 'BAD_CONFIG')) throw error;
    const lockMs = command.common.lockTimeout ?? DEFAULTS.lockMs;
    return { backups: DEFAULTS.backups, lockMs, leaseMs: undefined };
  }
}
