import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import type { EtcdAccess } from '../access.ts';
import { notEtcd, Refusal, TokenExpired, troubleOf } from './refusal.ts';
import type { Sending, Transport } from './transport.ts';

type Where = Pick<Sending, 'endpoint' | 'signal' | 'timeoutMs'>;

/** The token that stands for user and password: got when it is needed, and again when it has run out. */
export class Login {
  readonly #login: EtcdAccess['login'];
  readonly #transport: Transport;
  /** Null = none yet; '' = the cluster asks for none. */
  #token: string | null = null;
  #asking: Promise<string> | null = null;

  constructor(login: EtcdAccess['login'], transport: Transport) {
    this.#login = login;
    this.#transport = transport;
  }

  /**
   * @returns null when requests go without
   * @throws RdsctlError STATE_LOGIN_FAILED; EndpointFailure; the signal's reason
   */
  async token(where: Where): Promise<string | null> {
    if (this.#login === null) return null;
    this.#token ??= await (this.#asking ??= this.#ask(this.#login, where).finally(() => {
      this.#asking = null;
    }));
    return this.#token === '' ? null : this.#token;
  }

  /** A token that was not accepted is not used again. */
  forget(token: string | null): void {
    if (this.#token === (token ?? '')) this.#token = null;
  }

  async #ask({ user, password }: NonNullable<EtcdAccess['login']>, where: Where): Promise<string> {
    const { endpoint } = where;
    const { status, text } = await this.#transport.post({
      ...where,
      signal: undefined, // others may wait for the same token
      path: '/v3/auth/authenticate',
      body: JSON.stringify({ name: user, password: password() }),
      token: null,
    });
    if (status === 200) return tokenIn(text) ?? throwing(notEtcd(endpoint, status, ''));
    const trouble = troubleOf({ endpoint, status, text, user });
    if (trouble instanceof Refusal && /authentication is not enabled/.test(trouble.words)) return '';
    if (trouble instanceof TokenExpired)
      throw new RdsctlError('STATE_LOGIN_FAILED', { message: `etcd at ${endpoint}: ${trouble.message}` });
    throw trouble;
  }
}

function tokenIn(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('token' in value)) return null;
    return typeof value.token === 'string' ? value.token : null;
  } catch {
    return null;
  }
}

function throwing(error: Error): never {
  throw error;
}
