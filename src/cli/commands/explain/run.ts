import { EXIT_CODES } from '../../../errors/exit-codes.ts';
import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { nearest } from '../../../operations/nearest.ts';
import type { Handler } from '../../command.ts';
import { catalogue, findReasons, type Explained } from '../../explain/catalogue.ts';
import type { Style } from '../../output/style.ts';
import { wrapLines } from '../../output/wrap.ts';
import type { explain } from './definition.ts';

/** Prints what the catalogue says of a reason or an exit code. */
export const run: Handler<typeof explain> = async ({ args, out, io }) => {
  const found = findReasons(args.code);
  if (found.length === 0) throw unknown(args.code);
  await out.list({
    kind: 'ErrorCatalogue',
    itemKind: 'ErrorExplanation',
    items: found,
    item: ({ reason, code, exitCode, about, why, now, mend, doc }) => ({
      reason,
      code,
      exitCode,
      about,
      why,
      now,
      mend,
      doc,
    }),
    text: (style) => found.map((one) => page(one, style, io.stdout.columns)).join('\n'),
    names: () => found.map(({ reason }) => reason),
  });
  return EXIT_CODES.OK;
};

function page(
  { reason, code, exitCode, about, why, now, mend }: Explained,
  style: Style,
  columns = 100,
): string {
  const width = Math.min(columns, 100);
  const block = (text: string, lead: string): string =>
    wrapLines(text, width - lead.length)
      .map((line, index) => `${index === 0 ? lead : ' '.repeat(lead.length)}${line}\n`)
      .join('');
  return (
    `${style.bold(reason)} (exit code ${exitCode}, ${code})\n` +
    block(`${about} ${why}`, '  ') +
    block(now, '  Now:  ') +
    mend.map((line, index) => block(line, index === 0 ? '  Do:   ' : '        ')).join('')
  );
}

function unknown(word: string): RdsctlError {
  const known = [...new Set(catalogue().flatMap(({ reason, code }) => [reason, code]))];
  const near = nearest(word.toUpperCase(), known);
  return new RdsctlError('BAD_ARGUMENT', {
    message: `there is no reason or exit code ${JSON.stringify(word)}`,
    hints: [
      near === null
        ? { when: 'All of them stand in docs/ERRORS.md; for example:', run: 'rdsctl explain CONFLICT' }
        : { when: 'Did you mean:', run: `rdsctl explain ${near}` },
    ],
    details: { known },
  });
}
