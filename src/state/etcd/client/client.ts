import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { isOver, pause, throwIfAborted, type Patience } from '../../patience.ts';
import type { EtcdAccess } from '../access.ts';
import { EndpointFailure } from './endpoint-failure.ts';
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
  /** `again`: doing it twice does no harm. `tell`: {@link OutcomeUnknown} when it may have been done. */
  readonly ifUnknown: 'again' | 'tell';
}

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
      for (let count = 0; count < this.access.endpoints.length; count += 1) {
        throwIfAborted(wait.signal);
        const endpoint = this.endpoint();
        try {
          return await this.askOne(endpoint, path, text, wait);
        } catch (error) {
          if (!(error instanceof EndpointFailure)) throw error;
          throwIfAborted(wait.signal);
          this.leave(endpoint);
          if (error.maybeDone && ifUnknown === 'tell') throw new OutcomeUnknown(error);
          failures.set(endpoint, error);
          if (isOver(wait)) throw this.#unreachable(failures);
        }
      }
      const passing = [...failures.values()].some((failure) => failure.passing);
      if (isOver(wait) || (!passing && round >= ROUNDS)) throw this.#unreachable(failures);
      await pause(Math.min(100 * 2 ** round, 1_000), wait);
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
