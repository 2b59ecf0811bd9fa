import type { LockHolder } from '../../state/lock.ts';

/** What an operation tells while it works; a reporter renders it for a person or a machine. */
export type Progress =
  | {
      readonly type: 'step';
      readonly id: string;
      readonly title: string;
      /** The id of the item that it is a step of, among many that are worked on at once. */
      readonly item?: string;
    }
  | {
      readonly type: 'step-end';
      readonly id: string;
      readonly result: 'done' | 'unchanged' | 'failed';
      readonly note?: string;
      readonly item?: string;
    }
  /** A lock is not free; again when its holder changes. */
  | { readonly type: 'waiting'; readonly lock: string; readonly holder: LockHolder | null }
  /** It was had, or given up. */
  | { readonly type: 'waited'; readonly lock: string }
  /** Work on so many volumes begins; each of them is an item. */
  | { readonly type: 'items'; readonly total: number }
  | { readonly type: 'item'; readonly id: string; readonly name: string }
  | {
      readonly type: 'item-end';
      readonly id: string;
      readonly result: 'done' | 'failed';
      readonly note?: string;
    }
  | { readonly type: 'items-end' }
  | { readonly type: 'warning'; readonly message: string }
  /** A command that is about to be sent to a host. Never holds a secret. */
  | { readonly type: 'command'; readonly host: string; readonly command: string; readonly changes: boolean };

export type Report = (progress: Progress) => void;
