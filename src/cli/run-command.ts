import type { EffectiveConfig } from '../config/effective-config.ts';
import type { Override } from '../config/load-config.ts';
import type { CommandContext, CommandDefinition } from './command.ts';
import { runHandler } from './commands/handlers.ts';
import type { CommonOptionName, CommonOptions } from './common-options.ts';
import { COMMON_VARIABLES } from './common-options.ts';
import { confirmer } from './confirm.ts';
import type { Interruption } from './interruption.ts';
import type { CliIo } from './io/cli-io.ts';
import { makeResults } from './output/results.ts';
import { loadStyle, wantsColour, type Style } from './output/style.ts';
import { optionName } from './option-name.ts';
import { commonOptions } from './option-values.ts';
import { parseCommandLine } from './parser.ts';
import type { Report } from '../operations/ports/reporter.ts';

/** Parses a command's options and arguments, makes its context and runs its handler. */
export async function runCommand(
  definition: CommandDefinition,
  words: readonly string[],
  world: CliIo,
  interruption: Interruption,
): Promise<number> {
  const parsed = parseCommandLine(definition, words);
  const common = commonOptions(parsed.common, world.env, definition.changes);
  if (common.timeout !== undefined) interruption.limit(common.timeout);
  const style = await loadStyle(wantsColour(world.stdout, common.noColor, world.env));
  const { io, report, end } = await makeProgress(common, world, interruption);
  const context: CommandContext = {
    args: parsed.args,
    options: parsed.options,
    common,
    ...configuration(common, io),
    signal: interruption.signal,
    report,
    out: makeResults(io.stdout, common.output, style),
    confirm: confirmer({ yes: common.yes, io, signal: interruption.signal }),
    now: () => io.now(),
    argv: [...definition.name.split(' '), ...words],
    io,
  };
  try {
    const code = await runHandler(definition, context);
    if (runsUntilSignal(definition, parsed.options)) interruption.forgive();
    return code;
  } finally {
    end();
  }
}

function runsUntilSignal(
  { runsUntilSignal: when }: CommandDefinition,
  options: Readonly<Record<string, unknown>>,
): boolean {
  return typeof when === 'string' ? options[when] === true : when === true;
}

/** Loads the configuration when it is asked for, once. */
function configuration(common: CommonOptions, io: CliIo): Pick<CommandContext, 'config' | 'stateLocation'> {
  const override = <T>(name: CommonOptionName, value: T | undefined): Override<T> | undefined =>
    value === undefined
      ? undefined
      : {
          value,
          source: common.flags.has(name)
            ? { from: 'flag', name: optionName(name) }
            : { from: 'variable', name: COMMON_VARIABLES[name] },
        };
  const request = {
    file: common.flags.has('config') ? common.config : undefined,
    surroundings: { env: io.env, cwd: io.cwd, home: io.home, uid: io.uid },
    state: override('state', common.state),
    lockTimeout: override('lockTimeout', common.lockTimeout),
  };
  let loaded: Promise<EffectiveConfig> | undefined;
  return {
    config: () =>
      (loaded ??= import('../config/load-config.ts').then(({ loadConfig }) => loadConfig(request))),
    async stateLocation() {
      if (loaded !== undefined) return (await loaded).stateLocation;
      const { loadStateLocation } = await import('../config/load-state-location.ts');
      return loadStateLocation(request);
    },
  };
}

/** How progress is told: drawn on a terminal, else as lines of text or JSON. */
async function makeProgress(
  common: CommonOptions,
  io: CliIo,
  interruption: Interruption,
): Promise<{ readonly report: Report; readonly io: CliIo; readonly end: () => void }> {
  const { quiet, verbose, logFormat } = common;
  const now = (): Date => io.now();
  const end = (): void => undefined;
  if (logFormat === 'json') {
    const { progressJson } = await import('./progress/progress-json.ts');
    return { report: progressJson({ stderr: io.stderr, now, quiet, verbose }), io, end };
  }
  const style: Style = await loadStyle(wantsColour(io.stderr, common.noColor, io.env));
  if (!quiet && verbose === 0 && canDraw(io)) {
    const { liveProgress } = await import('./progress/live-progress.ts');
    const live = liveProgress({ io, style, signal: interruption.signal });
    interruption.beforeEnd(() => {
      live.endNow();
    });
    return live;
  }
  const { progressLines } = await import('./progress/progress-lines.ts');
  return { report: progressLines({ stderr: io.stderr, style, now, quiet, verbose }), io, end };
}

/** Whether the cursor can be moved there, and a person looks on. */
function canDraw({ stderr, env }: CliIo): boolean {
  const terminal = env['TERM'] ?? '';
  return stderr.isTTY && terminal !== '' && terminal !== 'dumb' && (env['CI'] ?? '') === '';
}
