import { openAuditLog } from '../../../audit/audit-log.ts';
import { keyFileProblems } from '../../../config/key-files.ts';
import { formatKey } from '../../../config/problem.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { AuditFacts, Fact, HereFacts } from '../../../operations/ports/here.ts';
import { diagnoseDirectory } from '../../../state/file/diagnose.ts';
import type { CommandContext } from '../../command.ts';

/** Looks at the host that this runs on. Never throws for what it finds. */
export async function lookHere(command: CommandContext): Promise<HereFacts> {
  const { config, file, warnings } = await command.config();
  const location = await command.stateLocation();
  const { directory } = location;
  return {
    configFile: file,
    configWarnings: warnings,
    keyFiles: keyFileProblems(config).map(({ path, message, fix }) => ({
      key: formatKey(path),
      message,
      fix,
    })),
    servers:
      location.kind === 'file'
        ? null
        : await (await import('./state-servers.ts')).lookAtServers(location, command),
    directory: await had(() => diagnoseDirectory(directory, command.io.uid)),
    audit: await had(() => auditOf(directory)),
  };
}

async function auditOf(directory: string): Promise<AuditFacts> {
  const { whole, entries, problems } = await openAuditLog({ directory }).verify();
  return { whole, entries, problems: problems.map(({ file, line, what }) => `${file}:${line}: ${what}`) };
}

async function had<T>(look: () => Promise<T>): Promise<Fact<T>> {
  try {
    return { value: await look() };
  } catch (error) {
    if (error instanceof RdsctlError || (error instanceof Error && 'code' in error)) {
      return { failed: error.message };
    }
    throw error;
  }
}
