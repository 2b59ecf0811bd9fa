import { EXIT_CODES, type ErrorCode } from '../../errors/exit-codes.ts';
import { catalogue, type Explained } from './catalogue.ts';

/** docs/ERRORS.md: the whole catalogue, by exit code. */
export function errorsDocument(): string {
  const all = catalogue();
  const codes = [...new Set(all.map(({ code }) => code))];
  return `# Errors

Made from the catalogue of errors by \`npm run generate\`; \`rdsctl explain CODE\` prints the same.
Every error has a reason, and every reason belongs to an exit code. With \`-o json\` an error is a document on stderr
with both: \`code\` (the exit code's name), \`exitCode\`, \`reason\`, \`message\`, \`hint\`, \`details\`.

${codes.map((code) => section(code, all)).join('\n')}`;
}

function section(code: ErrorCode, all: readonly Explained[]): string {
  const members = all.filter((one) => one.code === code);
  const number = code === 'SIGNAL' ? '130, 143' : String(EXIT_CODES[code]);
  return `## ${number} ${code}\n\n${members.map(entry).join('\n')}`;
}

function entry({ reason, about, why, now, mend }: Explained): string {
  return `### ${reason}\n\n${about} ${why}\n\n- State of things: ${now}\n${mend.map((line) => `- ${line}`).join('\n')}\n`;
}
