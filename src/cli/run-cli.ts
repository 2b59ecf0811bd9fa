import { EXIT_CODES } from '../errors/exit-codes.ts';
import { RdsctlError } from '../errors/rdsctl-error.ts';
import { asksFor, peekCommon, splitArgv } from './argv.ts';
import { findDefinition, COMMANDS } from './commands/index.ts';
import type { CommonOptionName } from './common-options.ts';
import type { FailureStyle } from './failure.ts';
import { commandHelp, groupOverview, overview } from './help.ts';
import { watchInterruption } from './interruption.ts';
import type { CliIo } from './io/cli-io.ts';
import { OUTPUT_FORMATS } from './output/format.ts';
import { loadStyle, wantsColour } from './output/style.ts';
import { VERSION } from './version.ts';

/**
 * Runs one command line and returns the exit code. Writes nothing but to `io`, and never ends the process
 * (but for a second signal, through `io.exitNow`).
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const interruption = watchInterruption(io);
  const style = peekStyle(argv, io);
  try {
    const code = await dispatch(argv, io, interruption);
    const interrupted = interruption.error();
    return interrupted?.reason === 'INTERRUPTED' ? interrupted.exitCode : code;
  } catch (thrown) {
    const { toRdsctlError, underInterruption, writeFailure } = await import('./failure.ts');
    const interrupted = interruption.error();
    const error = interrupted === null ? toRdsctlError(thrown) : underInterruption(thrown, interrupted);
    await writeFailure(error, io.stderr, style);
    return error.exitCode;
  } finally {
    interruption.end();
  }
}

/** How errors are to be written, as far as that can be told before the command line is parsed. */
function peekStyle(argv: readonly string[], io: CliIo): FailureStyle {
  const common = peekCommon(argv);
  const word = (name: CommonOptionName, variable: string): string | undefined =>
    common.get(name) ?? io.env[variable];
  const output = OUTPUT_FORMATS.find((format) => format === word('output', 'RDSCTL_OUTPUT')) ?? 'table';
  const verbose =
    argv
      .join(' ')
      .match(/(^| )-v+( |$)/g)
      ?.join('')
      .replace(/[^v]/g, '').length ?? 0;
  return {
    output,
    logFormat: word('logFormat', 'RDSCTL_LOG_FORMAT') === 'json' ? 'json' : 'text',
    coloured: wantsColour(io.stderr, common.has('noColor'), io.env),
    verbose: Math.max(verbose, common.has('verbose') ? 1 : 0),
  };
}

/** Finds the command and runs it, or shows help. */
async function dispatch(
  argv: readonly string[],
  io: CliIo,
  interruption: ReturnType<typeof watchInterruption>,
): Promise<number> {
  const groups = new Set(
    COMMANDS.filter((one) => one.name.includes(' ')).map((one) => one.name.split(' ')[0]),
  );
  const isGroup = (word: string): boolean => word === 'help' || groups.has(word);
  const { words, rest } = splitArgv(argv, isGroup);
  const wantsHelp = asksFor(rest, '-h', '--help');
  if (!wantsHelp && asksFor(rest, '-V', '--version')) {
    await io.stdout.write(`${VERSION}\n`);
    return EXIT_CODES.OK;
  }
  const [first = '', second] = words;
  if (first === '' || (first === 'help' && second === undefined)) {
    const asked = wantsHelp || first === 'help';
    await writeOverview(io, asked ? 'stdout' : 'stderr');
    return asked ? EXIT_CODES.OK : EXIT_CODES.USAGE;
  }
  if (first === 'help') {
    const at = argv.indexOf('help');
    return dispatch(['--help', ...argv.slice(0, at), ...argv.slice(at + 1)], io, interruption);
  }
  if (groups.has(first) && second === undefined) {
    const members = COMMANDS.filter((one) => one.name.startsWith(`${first} `));
    const output = wantsHelp ? io.stdout : io.stderr;
    await output.write(groupOverview(first, members, output.columns));
    return wantsHelp ? EXIT_CODES.OK : EXIT_CODES.USAGE;
  }
  const definition = findDefinition(words.join(' '));
  if (definition === undefined) throw await unknownCommand(words, groups.has(first));
  if (wantsHelp) {
    const style = await loadStyle(wantsColour(io.stdout, false, io.env));
    await io.stdout.write(commandHelp(definition, style, io.stdout.columns));
    return EXIT_CODES.OK;
  }
  const { runCommand } = await import('./run-command.ts');
  return runCommand(definition, rest, io, interruption);
}

async function writeOverview(io: CliIo, where: 'stdout' | 'stderr'): Promise<void> {
  const output = io[where];
  await output.write(overview(COMMANDS, await loadStyle(wantsColour(output, false, io.env)), output.columns));
}

async function unknownCommand(words: readonly string[], inGroup: boolean): Promise<RdsctlError> {
  const { closest, distance } = await import('fastest-levenshtein');
  const given = words.join(' ');
  const known = COMMANDS.filter(({ hidden }) => hidden !== true)
    .flatMap((one) => [one.name, ...one.aliases])
    .filter((name) => !inGroup || name.startsWith(`${words[0] ?? ''} `));
  const near = closest(given, known);
  const likely = inGroup || distance(given, near) <= Math.max(2, Math.floor(near.length / 2));
  return new RdsctlError('BAD_ARGUMENT', {
    message: `there is no command ${JSON.stringify(given)}${likely ? `: did you mean ${near}?` : ''}`,
    now: 'Nothing was changed.',
    hints: [{ when: 'All commands:', run: 'rdsctl --help' }],
    details: { command: given, ...(likely ? { suggestion: near } : {}) },
  });
}
