import { RouterOsConsole, type ConsoleTerminal } from '../../../../src/simulator/routeros/console/console.ts';
import { readLoginName } from '../../../../src/simulator/routeros/console/login-options.ts';
import { ALL_POLICIES, type Policy } from '../../../../src/simulator/routeros/device/session.ts';
import { makeDevice } from '../device/fixture.ts';

export interface ConsoleFixtureOptions {
  readonly loginName?: string;
  readonly terminal?: ConsoleTerminal | undefined;
  readonly policies?: readonly Policy[];
  readonly answerMs?: number;
}

/** A console on a device, and somebody who types. */
export async function openConsole(options: ConsoleFixtureOptions = {}) {
  const made = await makeDevice();
  const gone = new AbortController();
  const terminal = 'terminal' in options ? options.terminal : { columns: 200, rows: 24 };
  let shown = '';
  let changed = (): void => undefined;
  const session = new RouterOsConsole({
    device: made.device,
    policies: options.policies ?? ALL_POLICIES,
    login: readLoginName(options.loginName ?? 'admin+cet'),
    terminal,
    write: (bytes) => {
      shown += bytes;
      changed();
      return Promise.resolve();
    },
    gone: gone.signal,
    ...(options.answerMs === undefined ? {} : { answerMs: options.answerMs }),
  });
  const ended = session.run();
  /** What is shown once `until` has been, from where the last look ended. */
  const see = async (until: string | RegExp): Promise<string> => {
    for (;;) {
      const found = typeof until === 'string' ? shown.indexOf(until) : shown.search(until);
      if (found >= 0) {
        const length = typeof until === 'string' ? until.length : (until.exec(shown)?.[0].length ?? 0);
        const text = shown.slice(0, found + length);
        shown = shown.slice(found + length);
        return text;
      }
      await new Promise<void>((resolve) => (changed = resolve));
    }
  };
  return {
    ...made,
    session,
    ended,
    terminal,
    hangUp: () => gone.abort(),
    type: (text: string) => session.receive(text),
    see,
    rest: () => shown,
  };
}

/** The prompt of a terminal that does nothing, as it is drawn after a command. */
export const NEXT_PROMPT = /\r{4}\[admin@rds1\] > +\r\[admin@rds1\] > /;

/** What stands on a line after everything that is drawn over it, colours and the like taken off. */
export function onScreen(text: string): string[] {
  return text.split('\n').map((line) => {
    // eslint-disable-next-line no-control-regex -- escape sequences are made of control characters
    const drawn = line.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, '').split('\r');
    return drawn.reduce((under, over) => over + under.slice(over.length), '').trimEnd();
  });
}
