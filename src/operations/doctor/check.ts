/**
 * How bad it is. `error`: an attach or a fence fails or does harm. `warning`: it works, and should be mended.
 * `unknown`: could not be checked, which is never "all right". `info`: good to know.
 */
export type Severity = 'error' | 'warning' | 'unknown' | 'info' | 'ok';

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'unknown', 'info', 'ok'];

/** The line that mends it. */
export interface Fix {
  /** Where it is to be typed: `here`, or the name of a storage server or node. */
  readonly on: string;
  readonly run: string;
}

/** One thing that was looked at, and what came of it. */
export interface Check {
  /** For scripts: `node.nvme-cli`. */
  readonly id: string;
  readonly severity: Severity;
  /** `here`, or the name of the storage server or node it is about. */
  readonly host: string;
  /** What exactly: a file, volume, rule … */
  readonly subject: string;
  readonly found: string;
  /** Why it matters; null where nothing is wrong. */
  readonly why: string | null;
  readonly fix: Fix | null;
}

/** This host, as it stands in checks. */
export const HERE = 'here';

/** Makes the checks of one host. */
export function checksOf(host: string) {
  const make =
    (severity: Severity) =>
    (
      id: string,
      subject: string,
      found: string,
      why: string | null = null,
      run: string | null = null,
      on: string = host,
    ): Check => ({ id, severity, host, subject, found, why, fix: run === null ? null : { on, run } });
  return {
    error: make('error'),
    warning: make('warning'),
    unknown: make('unknown'),
    info: make('info'),
    ok: make('ok'),
  };
}
