const PATTERN = /^state-(\d{12,16})\.json$/;

/** The backup file's name for a serial number; sorts by it. */
export function backupName(serial: number): string {
  return `state-${String(serial).padStart(12, '0')}.json`;
}

export function isBackupName(name: string): boolean {
  return PATTERN.test(name);
}
