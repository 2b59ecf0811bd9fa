import http from 'node:http';
import https from 'node:https';
import type { EtcdAccess } from '../access.ts';
import { connectionText, EndpointFailure } from './endpoint-failure.ts';
import { troubleOf } from './refusal.ts';
import type { Timings } from './timings.ts';

/** What an endpoint answered. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A request to one endpoint. */
export interface Sending {
  readonly endpoint: string;
  readonly path: string;
  readonly body: string;
  readonly token: string | null;
  /** Milliseconds at most for a connection, and for an answer, whatever the timings allow. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Carries requests to endpoints: Node's own HTTP, with connections that are kept. */
export class Transport {
  readonly #tls: EtcdAccess['tls'];
  readonly #timings: Timings;
  readonly #agents = new Map<string, http.Agent | https.Agent>();

  constructor(access: Pick<EtcdAccess, 'tls'>, timings: Timings) {
    this.#tls = access.tls;
    this.#timings = timings;
  }

  /**
   * Sends a request and takes all of the answer.
   * @throws EndpointFailure; the signal's reason
   */
  async post(sending: Sending): Promise<Answer> {
    const { status, response, alive } = await this.#open(sending, this.#agentOf(sending.endpoint));
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response) {
        alive();
        chunks.push(chunk as Buffer);
      }
    } catch (error) {
      throw failed(sending, error, true);
    }
    return { status, text: Buffer.concat(chunks).toString() };
  }

  /**
   * Sends a request whose answer goes on until one side ends it, on a connection of its own. Each part that comes
   * is given as it comes; nothing ends a silence but the signal.
   * @throws EndpointFailure; the signal's reason
   */
  async *stream(sending: Sending): AsyncGenerator<string, void, undefined> {
    const agent = this.#newAgent(sending.endpoint, false);
    try {
      const { status, response, unhurried } = await this.#open(sending, agent);
      unhurried();
      response.setEncoding('utf8');
      try {
        if (status !== 200) {
          const text = (await response.toArray()).join('');
          throw troubleOf({ endpoint: sending.endpoint, status, text, user: null });
        }
        for await (const chunk of response) yield chunk as string;
      } catch (error) {
        throw status === 200 ? failed(sending, error, true) : error;
      } finally {
        response.destroy();
      }
    } finally {
      agent.destroy();
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #agentOf(endpoint: string): http.Agent | https.Agent {
    const agent = this.#agents.get(endpoint) ?? this.#newAgent(endpoint, true);
    this.#agents.set(endpoint, agent);
    return agent;
  }

  #newAgent(endpoint: string, keepAlive: boolean): http.Agent | https.Agent {
    if (!endpoint.startsWith('https:')) return new http.Agent({ keepAlive });
    const { ca, cert, key } = this.#tls ?? { ca: null, cert: null, key: null };
    return new https.Agent({
      keepAlive,
      ...(ca !== null && { ca }),
      ...(cert !== null && { cert }),
      ...(key !== null && { key }),
    });
  }

  #open(sending: Sending, agent: http.Agent | https.Agent): Promise<Opened> {
    const { endpoint, path, body, token, signal } = sending;
    const [connectMs, requestMs] = [this.#timings.connectMs, this.#timings.requestMs].map((ms) =>
      Math.max(1, Math.min(ms, sending.timeoutMs)),
    ) as [number, number];
    return new Promise((resolve, reject) => {
      let connected = false;
      let timer: NodeJS.Timeout;
      const within = (ms: number, what: string): void => {
        clearTimeout(timer);
        timer = setTimeout(
          () => request.destroy(new Error(`${what} within ${(ms / 1000).toFixed(1)} s`)),
          ms,
        );
      };
      const ready = (): void => {
        connected = true;
        within(requestMs, 'no answer');
      };
      const send = endpoint.startsWith('https:') ? https.request : http.request;
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        reject(failed(sending, error, connected));
      };
      let request: http.ClientRequest;
      try {
        request = send(`${endpoint}${path}`, {
          method: 'POST',
          agent,
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            ...(token !== null && { authorization: token }),
          },
          ...(signal && { signal }),
        });
      } catch (error) {
        reject(failed(sending, error, false)); // a certificate or key that makes no sense
        return;
      }
      within(connectMs, 'no connection');
      request.on('socket', (socket) => {
        if (!socket.connecting && !('secureConnecting' in socket && socket.secureConnecting === true))
          ready();
        else socket.once(endpoint.startsWith('https:') ? 'secureConnect' : 'connect', ready);
      });
      request.on('error', fail);
      request.on('response', (response) => {
        response.once('close', () => clearTimeout(timer));
        resolve({
          status: response.statusCode ?? 0,
          response,
          alive: () => within(requestMs, 'nothing more of the answer'),
          unhurried: () => clearTimeout(timer),
        });
      });
      request.end(body);
    });
  }
}

interface Opened {
  readonly status: number;
  readonly response: http.IncomingMessage;
  /** Something came: the time begins anew. */
  readonly alive: () => void;
  /** From here on there is no deadline. */
  readonly unhurried: () => void;
}

function failed({ endpoint, signal }: Sending, error: unknown, maybeDone: boolean): Error {
  if (error instanceof EndpointFailure) return error;
  if (signal?.aborted === true)
    return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
  const stage = !endpoint.startsWith('https:') ? 'plain' : maybeDone ? 'TLS' : 'TLS handshake';
  return new EndpointFailure(endpoint, connectionText(error, stage), {
    maybeDone: maybeDone && !isRefusedHandshake(error),
    passing: false,
    cause: error,
  });
}

/** A server that does not like the client's certificate says so after the client holds the handshake to be done. */
function isRefusedHandshake(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^ERR_SSL_.*_ALERT_/.test(String(error.code));
}
