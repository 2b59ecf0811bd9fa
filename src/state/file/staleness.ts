import { touchedAt, type LinkText } from './lock-link.ts';

/**
 * Judges whether the holder of a link, on another host, gives no sign of life any more. The clocks of two
 * hosts differ, and clocks are set: so the link must have been seen without change for most of the time by
 * our own monotonic clock (longer than two of its beats), and be older than `staleMs` by its time stamp; or
 * have been seen without change for all of it.
 * @returns to be asked again and again with what the link says now.
 */
export function watchStaleness(path: string, staleMs: number): (link: LinkText) => boolean {
  let text: string | null = null;
  let touched: number | null = null;
  let unchangedSince = 0;
  return (link) => {
    const now = performance.now();
    const touch = touchedAt(path);
    if (link.text !== text || touch !== touched) {
      text = link.text;
      touched = touch;
      unchangedSince = now;
      return false;
    }
    if (touch === null) return false;
    const seen = now - unchangedSince;
    return seen >= staleMs || (seen >= staleMs * 0.75 && Date.now() - touch > staleMs);
  };
}
