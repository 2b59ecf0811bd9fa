import { EndpointFailure } from './endpoint-failure.ts';

/** Not one of the endpoints answered. */
export class NoAnswer extends Error {
  readonly failures: readonly EndpointFailure[];
  constructor(failures: readonly EndpointFailure[]) {
    super('no endpoint answered');
    this.failures = failures;
  }
}

/**
 * Asks endpoint after endpoint until one answers, and takes the first answer: the next is asked when one has
 * failed, and also when nothing came for a while. Only for what changes nothing, as several may be asked at once.
 * @param slowMs milliseconds after which the next one is asked as well
 * @param ask ends soon once its signal is aborted
 * @throws NoAnswer; whatever else `ask` throws
 */
export function firstAnswer<T>(
  endpoints: readonly string[],
  slowMs: number,
  ask: (endpoint: string, signal: AbortSignal) => Promise<T>,
): Promise<{ readonly answer: T; readonly endpoint: string }> {
  const stop = new AbortController();
  const failures: EndpointFailure[] = [];
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  return new Promise<{ answer: T; endpoint: string }>((resolve, reject) => {
    const askNext = (): void => {
      clearTimeout(timer);
      const endpoint = endpoints[next++];
      if (endpoint === undefined) return;
      timer = setTimeout(askNext, slowMs);
      ask(endpoint, stop.signal).then(
        (answer) => resolve({ answer, endpoint }),
        (error: unknown) => {
          if (!(error instanceof EndpointFailure)) {
            reject(error instanceof Error ? error : new Error(String(error)));
            return;
          }
          failures.push(error);
          if (failures.length === endpoints.length) reject(new NoAnswer(failures));
          else askNext();
        },
      );
    };
    askNext();
  }).finally(() => {
    clearTimeout(timer);
    stop.abort();
  });
}
