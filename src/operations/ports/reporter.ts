import type { LockHolder } from '../../state/lock.ts';

/** What an operation tells while it works; a reporter renders it for a person or a machine. */
export type Progress =
  | { readonly type: 'step'; readonly id: string; readonly title: string }
  | {
      readonly type: 'step-end';
      readonly id: string;
      readonly result: 'done' | 'unchanged' | 'failed';
      readonly note?: string;
    }
  | { readonly type: 'waiting'; readonly lock: string; readonly holder: LockHolder | null }
  | { readonly type: 'warning'; readonly message: string }
  /** A command that is about to be sent to a host. Never holds a secret. */
  | { readonly type: 'command'; readonly host: string; readonly command: string; readonly changes: boolean };

export type Report = (progress: Progress) => void;
