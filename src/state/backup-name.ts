const AUTOMATIC = /^state-(\d{12,16})\.json$/;
const KEPT = /^(?:kept|damaged)-(\d{8}T\d{6}Z)(?:-(\d{12,16}))?(?:~\d+)?\.json$/;

/** The backup file's name for a serial number; sorts by it. */
export function backupName(serial: number): string {
  return `state-${String(serial).padStart(12, '0')}.json`;
}

export function isBackupName(name: string): boolean {
  return AUTOMATIC.test(name);
}

/**
 * The name of a copy that stays until somebody removes it.
 * @param serial null for what is not a good state
 * @param again how many of that name there are already
 */
export function keptName(at: Date, serial: number | null, again: number): string {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const number = serial === null ? '' : `-${String(serial).padStart(12, '0')}`;
  return `${serial === null ? 'damaged' : 'kept'}-${time}${number}${again === 0 ? '' : `~${again}`}.json`;
}

/** Whether it is a copy of any kind. */
export function isCopyName(name: string): boolean {
  return AUTOMATIC.test(name) || KEPT.test(name);
}

/** Whether it is what {@link keptName} called something that was no good state when it was put aside. */
export function isDamagedName(name: string): boolean {
  return name.startsWith('damaged-');
}

/** The serial number in a name; null where there is none. */
export function serialInName(name: string): number | null {
  const digits = AUTOMATIC.exec(name)?.[1] ?? KEPT.exec(name)?.[2];
  return digits === undefined ? null : Number(digits);
}

/** When a kept copy was made, by its name. RFC 3339. */
export function timeInName(name: string): string | null {
  const time = KEPT.exec(name)?.[1];
  return time === undefined ? null : time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
}
