import { RdsctlError } from '../errors/rdsctl-error.ts';

/**
 * What names of volumes (slots), nodes and storage servers may look like. Everything that reaches a remote
 * shell or RouterOS passes this list first, and is quoted as well.
 */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/**
 * Stands in the state for hosts that nobody knows, whose sessions of a volume are being ended. No node can be
 * called so.
 */
export const UNKNOWN_HOST = '(unknown)';

/** A volume as an operator names it: the slot, and the storage server when it was said. */
export interface VolumeName {
  readonly rds: string | null;
  readonly slot: string;
}

/** @throws RdsctlError BAD_NAME */
export function checkName(kind: 'volume' | 'node' | 'storage server', name: string): string {
  if (NAME.test(name)) return name;
  throw new RdsctlError('BAD_NAME', {
    message: `${shown(name)} is not a name of a ${kind}`,
    now: 'Nothing was changed. Names are 1 to 63 letters, digits, ".", "_" or "-", and begin with a letter or digit.',
    details: { kind, name: name.slice(0, 100) },
  });
}

/**
 * Reads `slot` or `rds/slot`.
 * @throws RdsctlError BAD_NAME
 */
export function parseVolumeName(text: string): VolumeName {
  const slash = text.indexOf('/');
  if (slash === -1) return { rds: null, slot: checkName('volume', text) };
  return {
    rds: checkName('storage server', text.slice(0, slash)),
    slot: checkName('volume', text.slice(slash + 1)),
  };
}

/** The one key of a volume in state and locks. */
export function volumeKey(rds: string, slot: string): string {
  return `${rds}/${slot}`;
}

/** A name as it can be shown on a terminal: control characters made visible, cut when long. */
function shown(name: string): string {
  const short = name.length > 60 ? `${name.slice(0, 60)}…` : name;
  return JSON.stringify(short);
}
