import type { LogRecord } from './kernel-log.ts';

/** What the target's kernel said about a session: nothing that rdsctl or the simulator believe. */
export interface SessionEvent {
  readonly kind: 'created' | 'ended' | 'refused';
  readonly atMs: number;
  readonly nqn: string;
  /** unknown ('') when the subsystem wasn't there */
  readonly hostNqn: string;
  /** the target's number for the session; undefined when it was refused */
  readonly controller?: number;
}

const created = /nvmet: creating nvm controller (\d+) for subsystem (\S+) for NQN (\S+?)\.?(?:\s|$)/;
const ended = /nvmet: ctrl (\d+) stop keep-alive/;
const notAllowed = /nvmet: connect by host (\S+) for subsystem (\S+) not allowed/;
const noSubsystem = /nvmet: connect request for invalid subsystem (\S+?)!/;

/** In the order in which they happened. A power cut ends what was open. */
export function sessionEvents(records: readonly LogRecord[]): readonly SessionEvent[] {
  const events: SessionEvent[] = [];
  const open = new Map<number, SessionEvent>();
  const end = (session: SessionEvent | undefined, atMs: number): void => {
    if (session?.controller === undefined) return;
    open.delete(session.controller);
    events.push({ ...session, kind: 'ended', atMs });
  };
  for (const { text, atMs, boot } of records) {
    if (boot) for (const session of [...open.values()]) end(session, atMs);
    const creation = created.exec(text);
    if (creation) {
      const [, controller, nqn = '', hostNqn = ''] = creation;
      const session = { kind: 'created', atMs, nqn, hostNqn, controller: Number(controller) } as const;
      open.set(session.controller, session);
      events.push(session);
    }
    end(open.get(Number(ended.exec(text)?.[1])), atMs);
    const [, refusedHost, refusedAt] = notAllowed.exec(text) ?? [];
    const nqn = refusedAt ?? noSubsystem.exec(text)?.[1];
    if (nqn !== undefined) events.push({ kind: 'refused', atMs, nqn, hostNqn: refusedHost ?? '' });
  }
  return events;
}

/** The sessions that were created and haven't ended. */
export function openSessions(events: readonly SessionEvent[]): readonly SessionEvent[] {
  const open = new Map<number | undefined, SessionEvent>();
  for (const event of events) {
    if (event.kind === 'created') open.set(event.controller, event);
    if (event.kind === 'ended') open.delete(event.controller);
  }
  return [...open.values()];
}
