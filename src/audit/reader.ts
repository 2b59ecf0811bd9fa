import type { AuditReader } from '../operations/ports/audit-reader.ts';
import type { AuditLog } from './audit-log.ts';
import { logPath } from './log-files.ts';

/** Lets operations read the log again that they wrote. */
export function auditReader(log: AuditLog, directory: string): AuditReader {
  return {
    location: logPath(directory),
    verify: async () => {
      const tokens = new Map<string, number>();
      const verdict = await log.verify(({ volume, token }) => {
        // An entry about several volumes names them all, and one token.
        if (volume === null || token === null || !/^[^ ]+\/[^ ]+$/.test(volume)) return;
        tokens.set(volume, Math.max(token, tokens.get(volume) ?? 0));
      });
      return { ...verdict, tokens };
    },
  };
}
