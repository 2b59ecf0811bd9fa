/** How big a crowd is. */
export interface CrowdSize {
  readonly commands: number;
  readonly atOnce: number;
  readonly volumes: number;
  readonly nodes: number;
}

/** One command of a crowd. */
export interface CrowdCommand {
  readonly argv: readonly string[];
  /** When it gets SIGKILL, if it still runs then. */
  readonly killAfterMs: number | null;
  /** What goes wrong from here on; null: what went wrong before. */
  readonly faults: readonly Readonly<Record<string, string | number>>[] | null;
}

/** The same seed and size make the same commands, kills and faults. */
export function planCrowd(seed: number, size: CrowdSize): CrowdCommand[] {
  const random = numbers(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const volume = (): string => `vol-${1 + below(size.volumes)}`;
  const node = (): string => `node-${1 + below(size.nodes)}`;
  const argv = (): string[] => {
    const lot = random();
    if (lot < 0.35) return ['attach', volume(), node()];
    if (lot < 0.55) return ['detach', volume()];
    if (lot < 0.75) return ['move', volume(), node()];
    if (lot < 0.8) return ['fence', node(), '--yes'];
    if (lot < 0.88) return ['unfence', node()];
    return ['list'];
  };
  const fault = (): Readonly<Record<string, string | number>> => {
    const at = random() < 0.4 ? 'rds1' : node();
    const counts = { skip: below(6), times: 1 + below(2) };
    if (random() < 0.2)
      return { at, when: 'connect', do: pick(['refuse', 'delay']), delay: '200ms', ...counts };
    if (random() < 0.15) return { at, do: 'reply', reply: 'what?', ...counts };
    return { at, do: pick(['drop-before', 'drop-after', 'delay']), delay: '300ms', ...counts };
  };
  return Array.from({ length: size.commands }, (_, index) => ({
    argv: argv(),
    killAfterMs: random() < 0.12 ? 100 + below(2500) : null,
    faults: index % 10 === 5 ? Array.from({ length: below(4) }, fault) : null,
  }));
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
