import type { StepPoint } from '../../src/state/file/steps.ts';

/** How a worker is started: its first argument, as JSON. */
export interface WorkerOptions {
  readonly directory: string;
  readonly staleMs?: number;
  readonly backups?: number;
  readonly who?: string;
  /** Sends itself a signal at a step, before it goes on. */
  readonly signalAt?: { readonly point: StepPoint; readonly signal: 'SIGKILL' | 'SIGSTOP' };
}

/** What a worker is asked: one JSON line each. */
export type WorkerRequest =
  /** `timeoutMs` null: for ever. */
  | { readonly do: 'lock'; readonly name: string; readonly timeoutMs: number | null }
  | { readonly do: 'assert-held'; readonly name: string }
  | { readonly do: 'release'; readonly name: string }
  /** Sets a token. */
  | { readonly do: 'set'; readonly key: string; readonly value: number }
  /** Adds one to a token, that many times. */
  | { readonly do: 'add'; readonly key: string; readonly times: number }
  | { readonly do: 'read' }
  /** Locks, sees to it that it is alone, adds to a file without any other care, releases; again and again. */
  | { readonly do: 'crowd'; readonly name: string; readonly times: number; readonly file: string }
  /** Adds a big attachment again and again until it fails. */
  | { readonly do: 'fill' }
  /** Sets its wall clock: so many milliseconds from the true time. */
  | { readonly do: 'set-clock'; readonly aheadMs: number }
  /** Runs a shell command in the worker's namespaces. */
  | { readonly do: 'shell'; readonly command: string }
  | { readonly do: 'close' };

/** A worker's lines: `waiting` may come before the answer. */
export type WorkerLine =
  | { readonly type: 'ready' }
  | { readonly type: 'waiting'; readonly holder: { readonly host: string; readonly pid: number } | null }
  | { readonly type: 'done'; readonly value: unknown }
  | {
      readonly type: 'failed';
      readonly reason: string;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
    };
