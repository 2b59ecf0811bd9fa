/** Something that a look at the state brought up. */
export interface Finding {
  /**
   * `damage`: the state can't be used. `difference`: it can, but somebody should look. `note`: mends itself, or
   * is only worth knowing.
   */
  readonly level: 'damage' | 'difference' | 'note';
  /** The file, volume or node. */
  readonly where: string;
  readonly what: string;
  /** The command to run; null when nothing needs to be done. */
  readonly fix: string | null;
}

const ORDER: readonly Finding['level'][] = ['damage', 'difference', 'note'];

/** The worst first; those of one level in the order in which they came. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return ORDER.flatMap((level) => findings.filter((finding) => finding.level === level));
}
