import { RdsctlError } from '../../../errors/rdsctl-error.ts';
import { EndpointFailure } from './endpoint-failure.ts';

/** etcd understood the request and refused it: any other member would, too. */
export class Refusal extends RdsctlError {
  /** The number of the gRPC status. */
  readonly grpc: number;
  /** etcd's own words. */
  readonly words: string;

  constructor(endpoint: string, grpc: number, words: string) {
    super('REMOTE_ERROR', {
      message: `etcd at ${endpoint} refused: ${words}`,
      now: 'Nothing was changed.',
      details: { endpoint, grpc },
    });
    this.grpc = grpc;
    this.words = words;
  }
}

/** Number of the gRPC status of what is not there. */
export const NOT_FOUND = 5;

/** The token is not, or no longer, valid: a new one may be. */
export class TokenExpired extends Error {}

/** Numbers of gRPC statuses (https://grpc.io/docs/guides/status-codes/). */
const GRPC = {
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  ABORTED: 10,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};

/** Troubles that pass, or that another member does not have. */
const PASSING =
  /no leader|leader changed|not leader|request timed out|too many requests|stopped|unhealthy|not capable|lost/;

interface Trouble {
  readonly endpoint: string;
  readonly status: number;
  readonly text: string;
  /** Who is logged in; null = nobody. */
  readonly user: string | null;
}

/** What an answer that is no success means. */
export function troubleOf(trouble: Trouble): Error {
  const { endpoint, status, text, user } = trouble;
  const told = toldBy(text);
  if (told === null) return notEtcd(endpoint, status, text);
  const { grpc, words } = told;
  if (grpc === GRPC.UNAUTHENTICATED || /invalid auth token|revision of auth store is old/.test(words))
    return new TokenExpired(words);
  if (
    /authentication failed|user name is empty|user name not found|permission denied/.test(words) ||
    grpc === GRPC.PERMISSION_DENIED
  )
    return loginFailed(endpoint, words, user);
  if (/database space exceeded/.test(words)) return outOfSpace(endpoint, words);
  const passing =
    [GRPC.UNAVAILABLE, GRPC.DEADLINE_EXCEEDED, GRPC.ABORTED].includes(grpc) || PASSING.test(words);
  if (passing) {
    const maybeDone = !/too many requests/.test(words);
    return new EndpointFailure(endpoint, words, { maybeDone, passing: true });
  }
  return new Refusal(endpoint, grpc, words);
}

function toldBy(text: string): { grpc: number; words: string } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const it = value as { code?: unknown; grpc_code?: unknown; message?: unknown; error?: unknown };
  // A stream wraps what it tells once more.
  if (typeof it.error === 'object' && it.error !== null) return toldBy(JSON.stringify(it.error));
  const grpc = it.code ?? it.grpc_code;
  const words = it.message ?? it.error;
  if (typeof grpc !== 'number' || typeof words !== 'string') return null;
  return { grpc, words };
}

/** @param status 200 as well, when what came is not JSON */
export function notEtcd(endpoint: string, status: number, text: string): EndpointFailure {
  const tls = /HTTP request to an HTTPS server/.test(text);
  const why = tls
    ? 'it speaks TLS only: use etcds:// in place of etcd://'
    : `what answers there (HTTP ${status}) is not etcd's JSON gateway (etcd 3.4 or newer)`;
  return new EndpointFailure(endpoint, why, { maybeDone: status >= 500, passing: false });
}

function loginFailed(endpoint: string, words: string, user: string | null): RdsctlError {
  const who = user === null ? 'without a user' : `as ${user}`;
  return new RdsctlError('STATE_LOGIN_FAILED', {
    message: `etcd at ${endpoint} does not let rdsctl in ${who}: ${words.replace(/^etcdserver: /, '')}`,
    now: 'Nothing was changed.',
    hints: [
      {
        when: 'See which user and password file are used (state.user, state.passwordFile)',
        run: 'rdsctl config show',
      },
    ],
    details: { endpoint, user },
  });
}

function outOfSpace(endpoint: string, words: string): RdsctlError {
  return new RdsctlError('STATE_UNWRITABLE', {
    message: `the state can't be written: etcd at ${endpoint} has no space left (${words})`,
    now: 'Nothing was changed.',
    hints: [
      { when: "See etcd's alarms, compact and defragment it, then disarm them", run: 'etcdctl alarm list' },
    ],
    details: { endpoint },
  });
}
