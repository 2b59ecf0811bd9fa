import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { checkState, type StateCheck } from '../../../operations/care/check.ts';
import { sorted, type Finding } from '../../../operations/care/finding.ts';
import type { Handler } from '../../command.ts';
import { openCare } from '../../operating/care.ts';
import { findingText } from '../../output/finding-text.ts';
import type { Style } from '../../output/style.ts';
import { formatSize } from '../../output/units.ts';
import { copyBody } from '../state-backup/copy-body.ts';
import { lockBody } from '../state-unlock/lock-table.ts';
import type { stateCheck } from './definition.ts';

/** Checks the state and what belongs to it. */
export const run: Handler<typeof stateCheck> = async (command) => {
  const { out, options } = command;
  const { context, close } = await openCare(command);
  try {
    const local = await checkState(context);
    const check = options.remote ? await withRemote(command, local) : local;
    await out.one({
      kind: 'StateReport',
      body: () => reportBody(check),
      text: (style) => reportText(check, style),
      names: () => check.findings.filter(({ level }) => level !== 'note').map(({ where }) => where),
    });
    return exitCode(check.findings);
  } finally {
    await close();
  }
};

/** Nothing to compare where the state can't be used. */
async function withRemote(
  command: Parameters<Handler<typeof stateCheck>>[0],
  local: StateCheck,
): Promise<StateCheck> {
  if (local.inspection.fault !== null) return local;
  const { remoteFindings } = await import('../../operating/rebuilding.ts');
  return { ...local, findings: sorted([...local.findings, ...(await remoteFindings(command))]) };
}

function exitCode(findings: readonly Finding[]): number {
  const has = (level: Finding['level']): boolean => findings.some((finding) => finding.level === level);
  return has('damage') ? EXIT_CODES.STATE : has('difference') ? EXIT_CODES.DRIFT : EXIT_CODES.OK;
}

function reportBody({ location, inspection, locks, audit, findings }: StateCheck): object {
  const { state, lineage, highestSerial, copies } = inspection;
  const entries = Object.values(state?.attachments ?? {});
  return {
    location,
    usable: inspection.fault === null,
    lineage: state?.lineage ?? lineage,
    serial: state?.serial ?? null,
    highestSerial,
    attachments: state === null ? null : entries.length,
    unfinished: state === null ? null : entries.filter(({ intent }) => intent !== null).length,
    fencedNodes:
      state === null
        ? null
        : Object.keys(state.nodes)
            .filter((node) => state.nodes[node]?.fenced != null)
            .sort(),
    backups: copies.map(copyBody),
    locks: locks.map(lockBody),
    audit: audit === null ? null : { whole: audit.whole, entries: audit.entries, torn: audit.torn },
    findings: findings.map(({ level, where, what, fix }) => ({ level, where, what, fix })),
  };
}

function reportText({ location, inspection, locks, audit, findings }: StateCheck, style: Style): string {
  const { state, fault, copies } = inspection;
  const good = copies.filter((copy) => copy.state !== null);
  const held = locks.filter(({ alive }) => alive !== false).length;
  const head =
    fault !== null
      ? `${location}: ${style.bad('can not be used')}\n`
      : state === null
        ? `${location}: nothing was ever attached\n`
        : `${location}: ${findings.some(({ level }) => level === 'difference') ? style.caution('usable') : style.good('ok')}, ` +
          `serial ${state.serial}, ${plural(Object.keys(state.attachments).length, 'attachment')}\n`;
  const around =
    `${plural(good.length, 'good backup')} (${formatSize(good.reduce((sum, { bytes }) => sum + bytes, 0))}), ` +
    `${plural(held, 'lock')} held, ${audit === null ? 'no audit log' : plural(audit.entries, 'audit entry', 'audit entries')}\n`;
  return head + style.dim(around) + findings.map((finding) => findingText(finding, style)).join('');
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
