import { RdsctlError } from '../errors/rdsctl-error.ts';
import type { TextOutput } from './io/cli-io.ts';
import { errorDocument, formatErrorText } from './output/error-output.ts';
import { isDocumentFormat, type OutputFormat } from './output/format.ts';
import { loadStyle } from './output/style.ts';

/** How an error is written. */
export interface FailureStyle {
  readonly output: OutputFormat;
  readonly logFormat: 'text' | 'json';
  readonly coloured: boolean;
  readonly verbose: number;
}

/** Makes an RdsctlError of anything that was thrown: what isn't one is a defect. */
export function toRdsctlError(thrown: unknown): RdsctlError {
  if (thrown instanceof RdsctlError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new RdsctlError('INTERNAL', {
    message: `unexpected: ${text}`,
    now: 'This is a defect in rdsctl; what was being worked on may be half done.',
    hints: [
      { when: 'To see what things are like:', run: 'rdsctl list --output wide' },
      { when: 'To see where it happened, add:', run: '-vv' },
    ],
    cause: thrown,
  });
}

/** What was thrown after an interruption, told as the interruption with what came of it. */
export function underInterruption(thrown: unknown, interruption: RdsctlError): RdsctlError {
  const isInterruption = thrown === interruption || (thrown instanceof Error && thrown.name === 'AbortError');
  if (isInterruption) return interruption;
  const error = toRdsctlError(thrown);
  if (error.reason === interruption.reason) return error.with({ details: interruption.details });
  return interruption.with({
    message: `${interruption.message}: ${error.message}`,
    ...(error.now === undefined ? {} : { now: error.now }),
    hints: error.hints,
    details: { ...error.details, ...interruption.details, during: error.reason },
    cause: error,
  });
}

/** Writes an error to stderr in the wanted form. */
export async function writeFailure(error: RdsctlError, stderr: TextOutput, how: FailureStyle): Promise<void> {
  if (how.output === 'yaml' && how.logFormat === 'text') {
    const { toYaml } = await import('./output/yaml.ts');
    await stderr.write(toYaml(errorDocument(error)));
  } else if (isDocumentFormat(how.output) || how.logFormat === 'json') {
    await stderr.write(`${JSON.stringify(errorDocument(error))}\n`);
  } else {
    await stderr.write(formatErrorText(error, await loadStyle(how.coloured)));
  }
  if (how.verbose >= 2 && how.logFormat === 'text' && !isDocumentFormat(how.output)) {
    await stderr.write(stackOf(error));
  }
}

function stackOf(error: RdsctlError): string {
  const shown = error.reason === 'INTERNAL' && error.cause instanceof Error ? error.cause : error;
  return `${shown.stack ?? shown.message}\n`;
}
