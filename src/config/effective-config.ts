import type { Config } from './config.ts';
import type { KeyPath } from './problem.ts';
import type { StateLocation } from './state-location.ts';

/** Where an effective value came from. */
export type Source =
  | { readonly from: 'flag'; readonly name: string }
  | { readonly from: 'variable'; readonly name: string }
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  | { readonly from: 'default' };

/** A configuration with everything worked in, and where each value came from. */
export interface EffectiveConfig {
  readonly config: Config;
  readonly stateLocation: StateLocation;
  /** The file it was read from; null when there is none. */
  readonly file: string | null;
  /** Things that are valid but most likely not meant. */
  readonly warnings: readonly string[];
  /** Where the value of a key such as `['timeouts', 'lock']` came from. */
  sourceOf(key: KeyPath): Source;
}

/** A source in words: `/etc/rdsctl/config.yaml:12`, `--state`, `RDSCTL_STATE`, `default`. */
export function formatSource(source: Source): string {
  switch (source.from) {
    case 'flag':
    case 'variable':
      return source.name;
    case 'file':
      return `${source.file}:${source.line}`;
    case 'default':
      return 'default';
  }
}
