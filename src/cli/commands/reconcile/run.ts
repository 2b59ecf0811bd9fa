import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { reconcile as reconcileAll } from '../../../operations/reconcile/reconcile.ts';
import type { ReconcileReport } from '../../../operations/reconcile/report.ts';
import type { Handler } from '../../command.ts';
import { compose } from '../../operating/compose.ts';
import type { PlannedCommand } from '../../operating/plan.ts';
import { isDocumentFormat } from '../../output/format.ts';
import type { reconcile } from './definition.ts';
import { exitCodeOf } from './exit-code.ts';
import { reconcileBody } from './document.ts';
import { reconcileText } from './table.ts';

/** Compares and repairs; silent when there is nothing to tell. */
export const run: Handler<typeof reconcile> = async (command) => {
  const { out } = command;
  const { metricsFile } = command.options;
  const begun = { at: command.now(), monotonic: performance.now() };
  const measure = async (report: ReconcileReport | null, exitCode: number): Promise<void> => {
    if (metricsFile !== undefined) await measured(command, metricsFile, begun, report, exitCode);
  };
  let report: ReconcileReport;
  let planned: readonly PlannedCommand[];
  try {
    ({ report, planned } = await reconciled(command));
  } catch (error) {
    await measure(null, exitCodeOf(error));
    throw error;
  }
  tellUnseen(command.report, report);
  if (report.drift.length > 0 || isDocumentFormat(out.format)) {
    await out.one({
      kind: 'ReconcileReport',
      body: () => reconcileBody(report, planned),
      text: (style, wide) => reconcileText(report, planned, style, wide),
      names: () => [...new Set(report.drift.flatMap(({ volume }) => volume ?? []))],
    });
  }
  const code = report.dryRun && report.drift.length > 0 ? EXIT_CODES.DRIFT : EXIT_CODES.OK;
  await measure(report, report.failure === null ? code : exitCodeOf(report.failure));
  if (report.failure !== null) throw report.failure;
  return code;
};

/** The report, and what a dry run would send. */
async function reconciled(command: Parameters<typeof run>[0]) {
  const { common } = command;
  const operating = await compose(command);
  try {
    // Whoever takes such a lock next removes it, but nobody may ever do so.
    if (!common.dryRun) await operating.removeDeadLocks();
    const report = await reconcileAll(
      operating.context,
      { planned: common.dryRun ? () => operating.heldLocks() : null, waitMs: common.lockTimeout ?? 0 },
      operating.mayTouch,
    );
    return { report, planned: operating.plan?.filter(({ changes }) => changes) ?? [] };
  } finally {
    await operating.close();
  }
}

async function measured(
  command: Parameters<typeof run>[0],
  file: string,
  begun: { readonly at: Date; readonly monotonic: number },
  report: ReconcileReport | null,
  exitCode: number,
): Promise<void> {
  const { writeMetrics } = await import('./metrics.ts');
  const { openCare } = await import('../../operating/care.ts');
  const { context, close } = await openCare(command);
  try {
    await writeMetrics({
      file,
      at: begun.at,
      durationMs: performance.now() - begun.monotonic,
      report,
      exitCode,
      state: (await context.care.inspect()).state,
      locks: await context.care.listLocks(),
    });
  } finally {
    await close();
  }
}

/** What could not be looked at: a summary must not read as if it had been. */
function tellUnseen(
  tell: Parameters<typeof run>[0]['report'],
  { busy, servers, nodes, skipped }: ReconcileReport,
): void {
  const warn = (message: string): void => tell({ type: 'warning', message });
  if (busy !== null) {
    warn(
      `another reconcile is at work: ${busy.who} on ${busy.host}, pid ${busy.pid}, since ${busy.since}; nothing was done`,
    );
  }
  for (const { name, error } of servers.unasked) {
    warn(`${name} could not be asked, nothing is known of its volumes: ${error.message}`);
  }
  const unasked = nodes.unasked.map(({ name }) => name);
  if (unasked.length > 0) {
    const all = unasked.length + nodes.asked.length;
    const [first] = nodes.unasked;
    const more = unasked.length > 1 ? ', …' : '';
    warn(
      `${unasked.length} of ${all} nodes could not be asked: ${unasked.join(', ')} (${first?.error.message ?? ''}${more})`,
    );
  }
  if (skipped.length > 0) {
    const which = skipped.map(({ volume }) => volume).join(', ');
    warn(`left alone, another command is at work: ${which}`);
  }
}
