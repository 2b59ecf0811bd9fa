import { checksOf, type Check } from './check.ts';

/** Milliseconds. Further off, logs can't be compared and certificates fail. */
const SKEW = 300_000;

/**
 * A host's clock beside this one's. Nothing rdsctl decides hangs on it.
 * @param clock as the host told it; null = it did not
 * @param at this host's time then
 */
export function checkClock(host: string, clock: number | null, at: number, fix: string): Check[] {
  const { warning, unknown, ok } = checksOf(host);
  const [id, subject] = ['host.clock', 'clock'];
  if (clock === null) return [unknown(id, subject, 'could not be checked: it did not tell its time')];
  const skew = clock - at;
  if (Math.abs(skew) <= SKEW) return [ok(id, subject, 'agrees with this host to within 5 minutes')];
  const minutes = Math.round(Math.abs(skew) / 60_000);
  return [
    warning(
      id,
      subject,
      `${minutes} minutes ${skew > 0 ? 'ahead of' : 'behind'} this host`,
      'What happened when can not be told from the logs, least of all after a fence.',
      fix,
    ),
  ];
}
