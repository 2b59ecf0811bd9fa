import { HERE, type Check, type Severity } from '../../../operations/doctor/check.ts';
import type { DoctorReport } from '../../../operations/doctor/doctor.ts';
import type { Style } from '../../output/style.ts';

const MARKS: Readonly<Record<Severity, string>> = {
  error: '✗',
  warning: '!',
  unknown: '?',
  info: 'i',
  ok: '✓',
};

/** The checks grouped by host, problems first; hosts without a problem in one line unless `wide`. */
export function doctorText(
  { checks, healthy }: DoctorReport,
  { style, wide, quiet }: { readonly style: Style; readonly wide: boolean; readonly quiet: boolean },
): string {
  const hosts = [...new Set(checks.map(({ host }) => host))];
  const blocks = hosts.flatMap((host) => {
    const own = checks.filter((check) => check.host === host);
    const problems = own.filter(({ severity }) => severity !== 'ok' && !(quiet && severity === 'info'));
    if (quiet && problems.length === 0) return [];
    const shown = wide && !quiet ? own : problems;
    const fine = own.filter(({ severity }) => severity === 'ok').length;
    const title = style.bold(host === HERE ? 'this host' : host);
    const rest = wide || quiet || fine === 0 ? '' : `  ${style.good('✓')} ${style.dim(`${fine} in order`)}\n`;
    return [`${title}\n${shown.map((check) => oneCheck(check, style)).join('')}${rest}`];
  });
  const summary = summaryOf(checks, healthy, style);
  return quiet ? blocks.join('\n') : [...blocks, summary].join('\n');
}

function oneCheck(check: Check, style: Style): string {
  const { severity, subject, found, why, fix, host } = check;
  const mark = paint(severity, style, MARKS[severity]);
  const lines = [`  ${mark} ${style.bold(subject)}: ${found}`];
  if (why !== null) lines.push(`      ${style.dim(why)}`);
  if (fix !== null) {
    const where = fix.on === host && host !== HERE ? `on ${host}` : fix.on === HERE ? 'here' : `on ${fix.on}`;
    lines.push(`      ${where}:  ${fix.run}`);
  }
  return `${lines.join('\n')}\n`;
}

function paint(severity: Severity, style: Style, text: string): string {
  switch (severity) {
    case 'error':
      return style.bad(text);
    case 'warning':
    case 'unknown':
      return style.caution(text);
    case 'info':
      return style.dim(text);
    case 'ok':
      return style.good(text);
  }
}

const COUNTED: readonly (readonly [Severity, string])[] = [
  ['error', 'errors'],
  ['warning', 'warnings'],
  ['unknown', 'not checked'],
  ['ok', 'in order'],
];

function summaryOf(checks: readonly Check[], healthy: boolean, style: Style): string {
  const counts = COUNTED.flatMap(([severity, word]) => {
    const count = checks.filter((check) => check.severity === severity).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? word.replace(/s$/, '') : word}`];
  });
  const verdict = healthy ? style.good('nothing is wrong') : style.bad('something is wrong');
  return `${verdict}: ${counts.join(', ')}\n`;
}
