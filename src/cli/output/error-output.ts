import type { RdsctlError } from '../../errors/rdsctl-error.ts';
import { makeDocument } from './document.ts';
import type { Style } from './style.ts';

/** Wider than this, what things are like now stands on a line of its own. */
const LONGEST_LEAD = 60;

/** An error for a person: what happened, what things are like now, and the commands to run next. */
export function formatErrorText(error: RdsctlError, style: Style): string {
  const prefix = 'error: ';
  const indent = ' '.repeat(prefix.length);
  const [first = '', ...more] = error.message.split('\n');
  const lines = [`${style.bad(prefix)}${first}`, ...more.map((line) => `${indent}${line}`)];
  const leads = error.hints.map((hint) => hint.when);
  const now = error.now ?? '';
  const joined = leads[0] === undefined ? '' : `${now} ${leads[0]}`;
  if (now !== '' && joined !== '' && joined.length <= LONGEST_LEAD) leads[0] = joined;
  else if (now !== '') lines.push(`${indent}${now}`);
  const width = leads.reduce((longest, lead) => Math.max(longest, lead.length), 0) + 8;
  for (const [index, hint] of error.hints.entries()) {
    lines.push(`${indent}${(leads[index] ?? '').padEnd(width)}${style.bold(hint.run)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The `Error` document: what scripts read. */
export function errorDocument(error: RdsctlError): object {
  const message = error.now === undefined ? error.message : `${endSentence(error.message)} ${error.now}`;
  return makeDocument('Error', {
    code: error.code,
    exitCode: error.exitCode,
    reason: error.reason,
    message,
    hint: error.hints.map((hint) => `${hint.when} ${hint.run}`).join('\n'),
    details: error.details,
  });
}

function endSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
