import { patience, pause } from '../../patience.ts';
import { fields, int64, list, revisionOf, type Fields } from './answers.ts';
import type { EtcdClient } from './client.ts';
import { EndpointFailure } from './endpoint-failure.ts';
import { range } from './kv.ts';
import { TokenExpired, troubleOf } from './refusal.ts';

/** Milliseconds between two connections, about. */
const AGAIN_MS = 50;
/** Number of the gRPC status of what has no other. */
const UNKNOWN = 2;

export interface WatchRequest {
  /** A key, or a prefix that ends in a slash. */
  readonly keyOrPrefix: string;
  /** The first revision of which is told. */
  readonly from: bigint;
  /** Only of keys that are removed. */
  readonly removalsOnly?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Tells that something changed: at least once for each change since `from`, and once more when it can't be told
 * what (the history is compacted, or the connection was lost for long). Who is told looks for himself.
 *
 * A connection that ends is made anew, with another endpoint, from the last revision that was heard of. One that
 * is silent is looked after: a member that is stopped or cut off keeps its connections and tells nothing.
 * @throws RdsctlError STATE_UNREACHABLE, STATE_LOGIN_FAILED; ends quietly when the signal is aborted
 */
export async function* changes(
  client: EtcdClient,
  request: WatchRequest,
): AsyncGenerator<void, void, undefined> {
  let from = request.from;
  const ended = (): boolean => request.signal.aborted;
  const wait = patience(Infinity, request.signal);
  while (!ended()) {
    const endpoint = client.endpoint();
    try {
      for await (const heard of listen(client, endpoint, { ...request, from })) {
        from = heard.next;
        if (heard.changed) yield;
        if (heard.ended) break;
      }
      if (ended()) return;
    } catch (error) {
      if (ended()) return;
      if (error instanceof EndpointFailure) client.leave(endpoint);
      else if (!(error instanceof TokenExpired)) throw error;
    }
    await findLive(client, request);
    // Something between that ends every connection at once is not asked without end.
    await pause(AGAIN_MS, wait).catch(() => undefined);
  }
}

interface Heard {
  readonly changed: boolean;
  /** The revision from which a new connection goes on. */
  readonly next: bigint;
  readonly ended: boolean;
}

async function* listen(
  client: EtcdClient,
  endpoint: string,
  { keyOrPrefix, from, removalsOnly, signal }: WatchRequest,
): AsyncGenerator<Heard, void, undefined> {
  const stop = new AbortController();
  const signals = AbortSignal.any([signal, stop.signal]);
  const timeoutMs = client.timings.requestMs;
  const token = await client.login.token({ endpoint, timeoutMs, signal });
  const body = JSON.stringify({
    create_request: {
      ...watched(keyOrPrefix),
      start_revision: String(from),
      ...(removalsOnly === true && { filters: ['NOPUT'] }),
    },
  });
  const guard = silenceGuard(client, endpoint, keyOrPrefix, stop);
  try {
    let next = from;
    const sending = { endpoint, path: '/v3/watch', body, token, timeoutMs, signal: signals };
    for await (const line of lines(client.transport.stream(sending))) {
      guard.heard();
      const result = resultOf(line, endpoint);
      if (result['canceled'] === true) {
        yield { changed: true, next: compactedUpTo(result, endpoint), ended: true };
        return;
      }
      const changed = list(result['events'], 'events').length > 0;
      if (changed) next = revisionOf(result) + 1n;
      yield { changed, next, ended: false };
    }
  } catch (error) {
    if (error instanceof TokenExpired) client.login.forget(token);
    throw error;
  } finally {
    guard.end();
    stop.abort();
  }
}

/** The first revision of which can be told, where the history before it is gone. */
function compactedUpTo(result: Fields, endpoint: string): bigint {
  const revision = int64(result['compact_revision'], 'compact_revision');
  if (revision > 0n) return revision;
  const words = typeof result['cancel_reason'] === 'string' ? result['cancel_reason'] : 'the watch was ended';
  throw troubleOf({
    endpoint,
    status: 200,
    text: JSON.stringify({ code: UNKNOWN, message: words }),
    user: null,
  });
}

function watched(keyOrPrefix: string): { key: string; range_end?: string } {
  const base64 = (value: string): string => Buffer.from(value).toString('base64');
  const key = base64(keyOrPrefix);
  return keyOrPrefix.endsWith('/') ? { key, range_end: base64(`${keyOrPrefix.slice(0, -1)}0`) } : { key };
}

async function* lines(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((part) => part !== '');
  }
}

function resultOf(line: string, endpoint: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new EndpointFailure(endpoint, 'what it told of changes is not JSON', {
      maybeDone: false,
      passing: false,
      cause,
    });
  }
  const { result } = fields(value, 'message');
  if (result !== undefined) return fields(result, 'result');
  throw troubleOf({ endpoint, status: 200, text: line, user: null });
}

/** After a silence the endpoint is asked for something that only a member of the majority can answer. */
function silenceGuard(
  client: EtcdClient,
  endpoint: string,
  keyOrPrefix: string,
  stop: AbortController,
): { heard: () => void; end: () => void } {
  const { quietMs, requestMs } = client.timings;
  let timer: NodeJS.Timeout | undefined;
  const listenOn = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), quietMs);
  };
  const look = async (): Promise<void> => {
    try {
      const body = JSON.stringify({ ...watched(keyOrPrefix), limit: '1', keys_only: true });
      await client.askOne(endpoint, '/v3/kv/range', body, patience(requestMs, stop.signal));
      if (!stop.signal.aborted) listenOn();
    } catch (error) {
      if (!stop.signal.aborted)
        stop.abort(new EndpointFailure(endpoint, String(error), { maybeDone: false, passing: true }));
    }
  };
  listenOn();
  return { heard: listenOn, end: () => clearTimeout(timer) };
}

/** Finds an endpoint that answers, or says that there is none. */
async function findLive(client: EtcdClient, { keyOrPrefix, signal }: WatchRequest): Promise<void> {
  const wait = patience(client.timings.requestMs * (client.access.endpoints.length + 1), signal);
  try {
    await range(client, keyOrPrefix, wait, { keysOnly: true, limit: 1 });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
