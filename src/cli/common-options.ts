import { choice, count, duration, flag, text } from './specs.ts';
import { OUTPUT_FORMATS, type OutputFormat } from './output/format.ts';

export const LOG_FORMATS = ['text', 'json'] as const;

/** The options that commands have in common. They may stand before or after the command's name. */
export const COMMON_OPTION_SPECS = {
  config: text('FILE', 'Configuration file.', { short: 'c', completes: 'file' }),
  state: text('FILE|URL', 'Where the state is kept: a directory, or the etcds:// URL of a cluster.', {
    completes: 'directory',
  }),
  output: choice(
    'FORMAT',
    OUTPUT_FORMATS,
    'How results are written: table, wide, json, jsonl, yaml or name.',
    {
      short: 'o',
    },
  ),
  dryRun: flag('Print each RouterOS and node command in the order they would run; change nothing.'),
  timeout: duration('Give up when the whole command takes longer.'),
  lockTimeout: duration("How long to wait for a volume that another command works on; 0 = don't wait."),
  yes: flag('Answer yes to every question.', { short: 'y' }),
  quiet: flag('Only errors on stderr.', { short: 'q' }),
  verbose: count('Tell more: steps; twice: commands too; three times: the protocol too.', { short: 'v' }),
  noColor: flag('No colours.'),
  logFormat: choice('FORMAT', LOG_FORMATS, 'How stderr is written: text or json.'),
  reason: text('TEXT', 'Why it is done; kept in the audit log.'),
} as const;

/** The name of a common option. */
export type CommonOptionName = keyof typeof COMMON_OPTION_SPECS;

/** Those that only a changing command lists in its help; `dryRun` is refused elsewhere, the others ignored. */
export const CHANGING_ONLY: ReadonlySet<CommonOptionName> = new Set([
  'dryRun',
  'lockTimeout',
  'yes',
  'reason',
] as const);

/** The environment variable that stands in for each when the flag isn't given. */
export const COMMON_VARIABLES: Readonly<Record<CommonOptionName, string>> = {
  config: 'RDSCTL_CONFIG',
  state: 'RDSCTL_STATE',
  output: 'RDSCTL_OUTPUT',
  dryRun: 'RDSCTL_DRY_RUN',
  timeout: 'RDSCTL_TIMEOUT',
  lockTimeout: 'RDSCTL_LOCK_TIMEOUT',
  yes: 'RDSCTL_YES',
  quiet: 'RDSCTL_QUIET',
  verbose: 'RDSCTL_VERBOSE',
  noColor: 'RDSCTL_NO_COLOR',
  logFormat: 'RDSCTL_LOG_FORMAT',
  reason: 'RDSCTL_REASON',
};

/** The common options with flags and variables worked in. */
export interface CommonOptions {
  readonly config: string | undefined;
  readonly state: string | undefined;
  readonly output: OutputFormat;
  readonly dryRun: boolean;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  /** Milliseconds, if given by flag or variable; the effective one is in the configuration. */
  readonly lockTimeout: number | undefined;
  readonly yes: boolean;
  readonly quiet: boolean;
  readonly verbose: number;
  readonly noColor: boolean;
  readonly logFormat: (typeof LOG_FORMATS)[number];
  readonly reason: string | undefined;
  /** Which of them were given as flags on the command line; the others came from variables or defaults. */
  readonly flags: ReadonlySet<CommonOptionName>;
}
