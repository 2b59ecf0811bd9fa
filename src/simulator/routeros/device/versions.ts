import commandSchema from '../schema/command-schema.json' with { type: 'json' };
import type { Schema } from '../language/index.ts';

/** A version of RouterOS, such as 7.21.5. */
export type Version = readonly [number, number, number];

export function parseVersion(text: string): Version | undefined {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** The versions of which a device's own list of commands is at hand (seen). */
const DUMPED: readonly { readonly version: Version; readonly schema: Schema }[] = Object.entries(
  commandSchema as Record<string, Schema>,
)
  .flatMap(([text, schema]) => {
    const version = parseVersion(text);
    return version === undefined ? [] : [{ version, schema }];
  })
  .sort((a, b) => compareVersions(a.version, b.version));

/** The commands of a version: those of the nearest lower one that is known. */
export function schemaOf(version: Version): Schema | undefined {
  return DUMPED.findLast((each) => compareVersions(each.version, version) <= 0)?.schema;
}

/** Properties of a menu that other versions have and this one has not (by what `set` takes: seen). */
export function missingProperties(schema: Schema, menu: string): ReadonlySet<string> {
  const known = (each: Schema): readonly string[] => each[menu]?.['set'] ?? [];
  const own = new Set(known(schema));
  return new Set(DUMPED.flatMap((each) => known(each.schema)).filter((name) => !own.has(name)));
}

/** The lowest version that can be simulated. */
export const LOWEST_VERSION = '7.17.1';

/** `nvme-tcp-server-nqn` is there since 7.21 (seen in the command lists). */
export function hasServerNqn(version: Version): boolean {
  return compareVersions(version, [7, 21, 0]) >= 0;
}

/**
 * The subsystem NQN of a disk that has none of its own: the slot name before 7.21 (manual), from then on a
 * name under MikroTik's domain (inferred).
 */
export function defaultNqn(version: Version, slot: string): string {
  return hasServerNqn(version) ? `nqn.2000-02.com.mikrotik:${slot}` : slot;
}
