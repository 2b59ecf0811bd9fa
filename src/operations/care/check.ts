import { RdsctlError } from '../../errors/rdsctl-error.ts';
import type { Inspection } from '../../state/care.ts';
import type { ListedLock } from '../../state/lock-care.ts';
import { holderText } from '../../state/holder-text.ts';
import type { State } from '../../state/state.ts';

import type { AuditVerdict } from '../ports/audit-reader.ts';
import type { CareContext } from './care-context.ts';
import { checkConsistency } from './consistency.ts';
import { sorted, type Finding } from './finding.ts';

export interface StateCheck {
  readonly location: string;
  readonly inspection: Inspection;
  readonly locks: readonly ListedLock[];
  /** Null when it could not be read: a finding says why. */
  readonly audit: AuditVerdict | null;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

/**
 * Looks at all that makes up the state: the file, its backups, its lineage, the locks, the audit log. Changes
 * nothing, takes no lock, talks to no host.
 */
export async function checkState(context: Pick<CareContext, 'auditReader' | 'care'>): Promise<StateCheck> {
  const { care, auditReader } = context;
  const inspection = await care.inspect();
  const locks = await listed(care.listLocks());
  const audit = await verified(auditReader.verify());
  const { state } = inspection;
  const working = new Set(locks.value.filter(({ alive }) => alive !== false).map(({ name }) => name));
  const findings: Finding[] = [
    ...damageOf(inspection, care.location),
    ...inspection.oddities,
    ...(state === null ? [] : checkConsistency(state, working)),
    ...locks.findings,
    ...locks.value.flatMap(lockFindings),
    ...(audit instanceof RdsctlError
      ? [auditUnread(auditReader.location, audit)]
      : auditFindings(auditReader.location, audit, state)),
  ];
  return {
    location: care.location,
    inspection,
    locks: locks.value,
    audit: audit instanceof RdsctlError ? null : audit,
    findings: sorted(findings),
  };
}

function damageOf({ fault, copies }: Inspection, location: string): Finding[] {
  if (fault === null) return [];
  const good = copies.find(({ state }) => state !== null);
  return [
    {
      level: 'damage',
      where: location,
      what: fault.message,
      fix:
        fault.reason === 'STATE_NEWER'
          ? 'rdsctl --version'
          : good === undefined
            ? 'rdsctl state rebuild'
            : 'rdsctl state restore',
    },
  ];
}

async function listed(
  asked: Promise<readonly ListedLock[]>,
): Promise<{ value: readonly ListedLock[]; findings: Finding[] }> {
  try {
    return { value: await asked, findings: [] };
  } catch (error) {
    const what = `the locks can not be read: ${error instanceof Error ? error.message : String(error)}`;
    return { value: [], findings: [{ level: 'difference', where: 'locks', what, fix: null }] };
  }
}

async function verified(asked: Promise<AuditVerdict>): Promise<AuditVerdict | RdsctlError> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RdsctlError) return error;
    throw error;
  }
}

/** A lock of another host that was silent for longer than this is taken over by whoever wants it. */
const SILENT_MS = 30_000;

function lockFindings({ name, alive, holder, quietMs }: ListedLock): Finding[] {
  const note = (what: string): Finding[] => [
    { level: 'note', where: name, what, fix: 'rdsctl state unlock --dead' },
  ];
  if (alive === false)
    return note(`the lock was left by ${holderText(holder)}, which is dead; it hinders nobody`);
  if (alive === null && (quietMs ?? 0) > SILENT_MS)
    return [
      {
        level: 'note',
        where: name,
        what: `the lock of ${holderText(holder)} gave no sign of life for ${Math.round((quietMs ?? 0) / 1000)} s`,
        fix: 'rdsctl state unlock',
      },
    ];
  return [];
}

function auditUnread(where: string, error: RdsctlError): Finding {
  return { level: 'difference', where, what: error.message, fix: `ls -la ${where}` };
}

function auditFindings(
  location: string,
  { problems, torn, tokens, whole }: AuditVerdict,
  state: State | null,
): Finding[] {
  const found = problems.map(({ file, line, what }): Finding => ({
    level: 'difference',
    where: `${file}:${line}`,
    what: `the audit log was changed after it was written: ${what}`,
    fix: 'rdsctl history --limit 0',
  }));
  if (torn > 0)
    found.push({
      level: 'note',
      where: location,
      what: `${torn === 1 ? '1 line was' : `${torn} lines were`} cut off by a crash; nothing else is missing`,
      fix: null,
    });
  // A log that was tampered with proves nothing.
  if (state === null || !whole) return found;
  for (const [volume, token] of tokens)
    if (token > (state.tokens[volume] ?? 0))
      found.push({
        level: 'difference',
        where: volume,
        what: `the audit log knows token ${token}, the state only ${state.tokens[volume] ?? 0}: the state is an old copy`,
        fix: 'rdsctl state rebuild',
      });
  return found;
}
