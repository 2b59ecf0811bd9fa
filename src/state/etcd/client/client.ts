import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { isOver, pause, throwIfAborted, type Patience } from '../../patience.ts';
import type { EtcdAccess } from '../access.ts';
import { EndpointFailure } from './endpoint-failure.ts';
import { firstAnswer, NoAnswer } from './first-answer.ts';
import { Login } from './login.ts';
import { notEtcd, TokenExpired, troubleOf } from './refusal.ts';
import type { Timings } from './timings.ts';
import { Transport } from './transport.ts';

/** A request went out, and whether it was carried out is not known. */
export class OutcomeUnknown extends Error {
  readonly failure: EndpointFailure;
  constructor(failure: EndpointFailure) {
    super(failure.message, { cause: failure });
    this.failure = failure;
  }
}

/** A request to whichever endpoint answers. */
export interface Call {
  /** Of the gateway: `/v3/kv/range`. */
  readonly path: string;
  readonly body: unknown;
  /** How long it may take in all. */
  readonly wait: Patience;
  /**
   * `again`: doing it twice does no harm. `tell`: {@link OutcomeUnknown} when it may have been done. `read`: it
   * changes nothing, and may be asked of several at once.
   */
  readonly ifUnknown: 'again' | 'tell' | 'read';
}

/** What came of asking every endpoint, at most once. */
type Round = { readonly answer: unknown } | { readonly failures: readonly EndpointFailure[] };

/** Rounds over the endpoints when not one of them has a trouble that passes. */
const ROUNDS = 3;

/**
 * Talks to an etcd cluster by its JSON gateway. Begins with the endpoint that answered last; one that does not
 * answer, or has no leader, is left for the next.
 */
export class EtcdClient {
  readonly access: EtcdAccess;
  readonly timings: Timings;
  readonly transport: Transport;
  readonly login: Login;
  #current = 0;

  constructor(access: EtcdAccess, timings: Timings) {
    this.access = access;
    this.timings = timings;
    this.transport = new Transport(access, timings);
    this.login = new Login(access.login, this.transport);
  }

  /**
   * @returns the answer's JSON
   * @throws RdsctlError STATE_UNREACHABLE naming each endpoint, STATE_LOGIN_FAILED, STATE_UNWRITABLE;
   *   Refusal; OutcomeUnknown; the signal's reason
   */
  async call({ path, body, wait, ifUnknown }: Call): Promise<unknown> {
    const text = JSON.stringify(body);
    const failures = new Map<string, EndpointFailure>();
    for (let round = 1; ; round += 1) {
      const found =
        ifUnknown === 'read'
          ? await this.#readRound(path, text, wait)
          : await this.#round(path, text, wait, ifUnknown);
      if ('answer' in found) return found.answer;
      for (const failure of found.failures) failures.set(failure.endpoint, failure);
      const passing = [...failures.values()].some((failure) => failure.passing);
      if (isOver(wait) || (!passing && round >= ROUNDS)) throw this.#unreachable(failures);
      await pause(Math.min(100 * 2 ** round, 1_000), wait);
    }
  }

  /** Asks one endpoint after another. */
  async #round(path: string, text: string, wait: Patience, ifUnknown: 'again' | 'tell'): Promise<Round> {
    const failures: EndpointFailure[] = [];
    while (failures.length < this.access.endpoints.length) {
      throwIfAborted(wait.signal);
      const endpoint = this.endpoint();
      try {
        return { answer: await this.askOne(endpoint, path, text, wait) };
      } catch (error) {
        if (!(error instanceof EndpointFailure)) throw error;
        throwIfAborted(wait.signal);
        this.leave(endpoint);
        if (error.maybeDone && ifUnknown === 'tell') throw new OutcomeUnknown(error);
        failures.push(error);
        if (isOver(wait)) break;
      }
    }
    return { failures };
  }

  /** Does not wait for one that takes long: a command that only reads asks its first endpoint each time anew. */
  async #readRound(path: string, text: string, wait: Patience): Promise<Round> {
    throwIfAborted(wait.signal);
    const { endpoints } = this.access;
    const first = endpoints.indexOf(this.endpoint());
    const inTurn = [...endpoints.slice(first), ...endpoints.slice(0, first)];
    try {
      const { answer, endpoint } = await firstAnswer(inTurn, this.timings.slowMs, (each, given) => {
        const signal = wait.signal === undefined ? given : AbortSignal.any([wait.signal, given]);
        return this.askOne(each, path, text, { ...wait, signal });
      });
      this.#current = endpoints.indexOf(endpoint);
      return { answer };
    } catch (error) {
      throwIfAborted(wait.signal);
      if (!(error instanceof NoAnswer)) throw error;
      return { failures: error.failures };
    }
  }

  /** The endpoint that is asked next. */
  endpoint(): string {
    const { endpoints } = this.access;
    return endpoints[this.#current % endpoints.length] ?? '';
  }

  /** Asks another one than this from now on. */
  leave(endpoint: string): void {
    if (this.endpoint() === endpoint) this.#current += 1;
  }

  close(): void {
    this.transport.close();
  }

  /** Asks one endpoint only. @throws EndpointFailure and as {@link call} */
  async askOne(endpoint: string, path: string, body: string, wait: Patience): Promise<unknown> {
    for (let again = false; ; again = true) {
      const { signal } = wait;
      const timeoutMs = wait.deadline - performance.now();
      const token = await this.login.token({ endpoint, timeoutMs, signal });
      const { status, text } = await this.transport.post({ endpoint, path, body, token, timeoutMs, signal });
      if (status === 200) {
        try {
          return JSON.parse(text);
        } catch {
          throw notEtcd(endpoint, status, text);
        }
      }
      const trouble = troubleOf({ endpoint, status, text, user: this.access.login?.user ?? null });
      if (!(trouble instanceof TokenExpired)) throw trouble;
      this.login.forget(token);
      if (again) throw new EndpointFailure(endpoint, trouble.message, { maybeDone: false, passing: true });
    }
  }

  #unreachable(failures: ReadonlyMap<string, EndpointFailure>): RdsctlError {
    const each = [...failures].map(([endpoint, { message }]) => `${endpoint}: ${message}`);
    return new RdsctlError('STATE_UNREACHABLE', {
      message: `the state at ${this.access.location} can't be reached: ${each.join('; ')}`,
      now: 'Nothing was changed.',
      hints: [{ when: 'See which endpoints and files are used', run: 'rdsctl config show' }],
      details: {
        endpoints: Object.fromEntries([...failures].map(([endpoint, { message }]) => [endpoint, message])),
      },
    });
  }
}
