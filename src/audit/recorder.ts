import type { AuditPort } from '../operations/ports/audit.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditOrigin } from './entry.ts';

/** Lets operations record what they do, all of it by one process. */
export function auditRecorder(log: AuditLog, origin: AuditOrigin): AuditPort {
  return {
    record: async (event) => {
      await log.append({ ...origin, ...event, rds: storageServerOf(event.volume) });
    },
  };
}

/** The storage server's name in a volume's key `rds/slot`; null for a volume that isn't resolved yet. */
function storageServerOf(volume: string | null): string | null {
  const slash = volume?.indexOf('/') ?? -1;
  return slash < 0 ? null : (volume?.slice(0, slash) ?? null);
}
