import { applyPlan, type Applied, type ApplyResult } from '../../../operations/apply/apply.ts';
import { makePlan, type Change, type Plan } from '../../../operations/apply/plan.ts';
import { resolveWishes } from '../../../operations/apply/resolve-wishes.ts';
import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { badManifest, type Manifest } from '../../../manifest/manifest.ts';
import type { Handler } from '../../command.ts';
import { compose, type Operating } from '../../operating/compose.ts';
import { planBody, planText } from '../../operating/plan.ts';
import type { apply } from './definition.ts';
import { diffText, resultText } from './diff.ts';
import { readManifest } from './read-manifest.ts';

/** Makes the attachments be what a manifest says. */
export const run: Handler<typeof apply> = async (command) => {
  const { options, out, common } = command;
  const { file, manifest } = await readManifest(options.file, command);
  const operating = await compose(command);
  try {
    const plan = await planOf(operating, file, manifest, options.prune);
    for (const volume of manifest.passedOver) {
      command.report({
        type: 'warning',
        message: `${volume} is passed over: the manifest says that nobody has it`,
      });
    }
    if (plan.changes.length > 0 && !common.dryRun) {
      const { length } = plan.changes;
      await command.confirm({
        about: diffText(plan.changes, out.style),
        question: length === 1 ? 'Make this change?' : `Make these ${length} changes?`,
      });
    }
    const result = await applyPlan(operating.context, plan, operating.mayTouch);
    await out.one({
      kind: 'Plan',
      body: () => bodyOf(plan, result, operating),
      text: (style) =>
        operating.plan === null
          ? resultText(plan, result, style)
          : `${diffText(plan.changes, style)}${plan.changes.length === 0 ? '' : '\n'}${planText(operating.plan, style)}`,
      names: () => result.applied.filter(({ error }) => error === null).map(({ change }) => change.slot),
    });
    if (result.failure !== null) throw result.failure;
    return EXIT_CODES.OK;
  } finally {
    await operating.close();
  }
};

/** @throws RdsctlError BAD_MANIFEST with the line of everything that is named and is not there */
async function planOf(
  { context, mayTouch }: Operating,
  file: string,
  { wanted }: Manifest,
  prune: boolean,
): Promise<Plan> {
  const { wishes, problems } = await resolveWishes(context, wanted, mayTouch);
  if (problems.length > 0) {
    throw badManifest(
      file,
      problems.map(({ index, field, message }) => {
        const entry = wanted[index];
        return { line: entry?.line ?? null, key: `${entry?.key ?? ''}.${field}`, message };
      }),
    );
  }
  return makePlan(await context.manager.state(), wishes, { prune });
}

function bodyOf(plan: Plan, { applied, changed }: ApplyResult, { plan: commands }: Operating): object {
  return {
    dryRun: commands !== null,
    changed: commands === null && changed,
    unchanged: plan.unchanged,
    changes:
      commands === null
        ? applied.map((one) => ({ ...changeBody(one.change), ...outcomeBody(one) }))
        : applied.map((one) => ({
            ...changeBody(one.change),
            ...(one.error === null ? {} : outcomeBody(one)),
          })),
    ...(commands === null ? {} : planBody(commands)),
  };
}

function changeBody({ action, slot, rds, from, node, note }: Change): object {
  return { action, volume: slot, rds, from, node, note };
}

function outcomeBody({ result, device, error }: Applied): object {
  return {
    result,
    device,
    code: error?.code ?? null,
    exitCode: error?.exitCode ?? EXIT_CODES.OK,
    reason: error?.reason ?? null,
    message: error?.message ?? null,
  };
}
