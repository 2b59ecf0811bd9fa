import type { Socket } from 'node:net';
import ssh2, {
  type AuthContext,
  type Connection,
  type ParsedKey,
  type ServerChannel,
  type Session,
} from 'ssh2';
import { parsePublic } from './keys.ts';
import { Listener } from './listener.ts';

/** A terminal at the other end, as the client tells of it; it changes with the client's window. */
export interface SshTerminal {
  columns: number;
  rows: number;
}

/** A command that a client asks to be run. */
export interface SshExec {
  readonly user: string;
  /** The name as it was given at the login. */
  readonly loginName: string;
  /** Undefined: none was asked for. */
  readonly terminal: SshTerminal | undefined;
  /** Undefined: a shell. */
  readonly command: string | undefined;
  readonly channel: ServerChannel;
  /** Ends the connection without a word, as a lost one does. */
  readonly drop: () => void;
  /** The connection is gone. */
  readonly gone: AbortSignal;
}

/** What is done with a new TCP connection. */
export type Welcome = 'serve' | 'refuse' | 'silence';

export interface SshServerOptions {
  /** 0: a free one. */
  readonly port?: number;
  readonly hostKeys: readonly string[];
  /** After `SSH-2.0-`. */
  readonly ident?: string;
  /** Public keys (as in authorized_keys) by user. */
  readonly users: ReadonlyMap<string, readonly string[]>;
  /** The account that a login name stands for. */
  readonly accountOf?: (loginName: string) => string;
  /** Whether a kind of key may log in at all. */
  readonly takesKey?: (key: ParsedKey) => boolean;
  /** False: global requests (`keepalive@openssh.com`) are never answered. */
  readonly answersGlobalRequests?: boolean;
  /** How many sessions may be open at once, over all connections; further ones wait. */
  readonly maxSessions?: number;
  /** One session at a time on a connection; further ones wait. */
  readonly oneSessionPerConnection?: boolean;
  /** Asked for every TCP connection. */
  readonly welcome?: () => Promise<Welcome> | Welcome;
  readonly onExec: (exec: SshExec) => void;
}

/** How much a server was used. */
export interface SshCounters {
  connections: number;
  logins: number;
  execs: number;
}

/** An SSH server on loopback. */
export class SshServer {
  readonly counters: SshCounters = { connections: 0, logins: 0, execs: 0 };
  readonly #options: SshServerOptions;
  readonly #listener: Listener;
  readonly #protocol: InstanceType<typeof ssh2.Server>;
  readonly #users: ReadonlyMap<string, readonly ParsedKey[]>;
  readonly #waiting: (() => void)[] = [];
  readonly #awaitingLogin: (() => void)[] = [];
  #sessions = 0;
  /** New connections wait for it; null = they are served at once. */
  #held: Promise<void> | null = null;

  constructor(options: SshServerOptions) {
    this.#options = options;
    this.#users = new Map([...options.users].map(([user, keys]) => [user, keys.map(parsePublic)]));
    this.#listener = new Listener((socket) => void this.#greet(socket));
    const settings = {
      hostKeys: [...options.hostKeys],
      keepaliveInterval: 2 ** 31 - 1,
      ...(options.ident === undefined ? {} : { ident: options.ident }),
    };
    this.#protocol = new ssh2.Server(settings, (connection) => this.#serve(connection));
  }

  get port(): number {
    return this.#listener.port;
  }

  open(): Promise<void> {
    return this.#listener.open(this.#options.port);
  }

  /** From now on new connections are taken, but nothing is said to them, until what it returns is called. */
  hold(): () => void {
    let letGo = (): void => undefined;
    this.#held = new Promise((resolve) => (letGo = resolve));
    return () => {
      this.#held = null;
      letGo();
    };
  }

  /** Resolves when the next login has been made. */
  nextLogin(): Promise<void> {
    return new Promise((resolve) => this.#awaitingLogin.push(resolve));
  }

  /** Cut off: new connections are refused, open ones stand still. */
  async goDown(): Promise<void> {
    this.#listener.mute(true);
    await this.#listener.shut();
  }

  /** Reachable again. `keep`: connections from before go on where they stood; else they are reset. */
  async comeUp(keep: boolean): Promise<void> {
    if (!keep) for (const socket of this.#listener.sockets) socket.resetAndDestroy();
    this.#listener.mute(false);
    await this.#listener.open(this.port);
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  async #greet(socket: Socket): Promise<void> {
    this.counters.connections += 1;
    if (this.#held !== null) await this.#held;
    const welcome = this.#options.welcome?.() ?? 'serve';
    const verdict = typeof welcome === 'string' ? welcome : await welcome;
    if (verdict === 'refuse') socket.resetAndDestroy();
    else if (verdict === 'serve') this.#protocol.injectSocket(socket);
  }

  #serve(connection: Connection): void {
    const gone = new AbortController();
    const login = { user: '', loginName: '' };
    connection.on('error', () => undefined);
    connection.on('close', () => gone.abort());
    connection.on('authentication', (context) => {
      const user = this.#login(context);
      if (user === undefined) {
        context.reject(['publickey']);
        return;
      }
      login.user = user;
      login.loginName = context.username;
      context.accept();
    });
    connection.on('ready', () => {
      this.counters.logins += 1;
      for (const told of this.#awaitingLogin.splice(0)) told();
      if (this.#options.answersGlobalRequests === false) stayMute(connection);
    });
    const mine: { busy: boolean; waiting: (() => void)[] } = { busy: false, waiting: [] };
    connection.on('session', (accept) => {
      const begin = (): void => {
        if (gone.signal.aborted) {
          this.#leave(mine);
          return;
        }
        const session = accept();
        let open = true;
        const leave = (): void => {
          gone.signal.removeEventListener('abort', leave);
          if (open) this.#leave(mine);
          open = false;
        };
        session.once('close', leave);
        gone.signal.addEventListener('abort', leave);
        this.#session(session, login, connection, gone.signal);
      };
      this.#enter(mine, begin);
    });
  }

  /** Waits for a place, on the connection and on the server. */
  #enter(mine: { busy: boolean; waiting: (() => void)[] }, begin: () => void): void {
    if (this.#options.oneSessionPerConnection === true && mine.busy) {
      mine.waiting.push(() => this.#enter(mine, begin));
      return;
    }
    if (this.#sessions >= (this.#options.maxSessions ?? Infinity)) {
      this.#waiting.push(() => this.#enter(mine, begin));
      return;
    }
    mine.busy = true;
    this.#sessions += 1;
    begin();
  }

  #leave(mine: { busy: boolean; waiting: (() => void)[] }): void {
    mine.busy = false;
    this.#sessions -= 1;
    (mine.waiting.shift() ?? this.#waiting.shift())?.();
  }

  #session(
    session: Session,
    login: { readonly user: string; readonly loginName: string },
    connection: Connection,
    gone: AbortSignal,
  ): void {
    const drop = (): void => void rawSocket(connection).destroy();
    let terminal: SshTerminal | undefined;
    for (const request of ['env', 'signal'] as const) allow(session, request);
    onTerminal(session, (told) => {
      terminal ??= { columns: 0, rows: 0 };
      Object.assign(terminal, told);
    });
    const serve = (command: string | undefined, channel: ServerChannel): void =>
      this.#options.onExec({ ...login, command, terminal, channel, drop, gone });
    session.on('exec', (accept, _reject, { command }) => {
      this.counters.execs += 1;
      serve(command, accept());
    });
    session.on('shell', (accept) => serve(undefined, accept()));
  }

  #login(context: AuthContext): string | undefined {
    if (context.method !== 'publickey') return undefined;
    const account = this.#options.accountOf?.(context.username) ?? context.username;
    const known = this.#users.get(account)?.find((key) => key.getPublicSSH().equals(context.key.data));
    if (known === undefined || this.#options.takesKey?.(known) === false) return undefined;
    if (context.signature !== undefined) {
      const { blob, signature, hashAlgo } = context;
      if (blob === undefined || !known.verify(blob, signature, hashAlgo)) return undefined;
    }
    return account;
  }
}

/** Says yes to a request that changes nothing here. Clients may not ask for an answer: then there is none. */
function allow(session: Session, request: 'env' | 'signal'): void {
  const listener = session as unknown as NodeJS.EventEmitter;
  listener.on(request, (accept?: () => void) => accept?.());
}

/** Hears of a terminal, and of every change of its size. */
function onTerminal(session: Session, told: (size: SshTerminal) => void): void {
  const listener = session as unknown as NodeJS.EventEmitter;
  for (const request of ['pty', 'window-change'] as const) {
    listener.on(request, (accept: (() => void) | undefined, _reject: unknown, size: SizeTold) => {
      told({ columns: size.cols, rows: size.rows });
      accept?.();
    });
  }
}

/** What ssh2 hands on of a `pty-req` or a `window-change`. */
interface SizeTold {
  readonly cols: number;
  readonly rows: number;
}

/** What ssh2 keeps to itself of a connection. */
interface Innards {
  readonly _sock: Socket;
  readonly _protocol: { requestFailure: () => void };
}

function innards(connection: Connection): Innards {
  return connection as unknown as Innards;
}

function rawSocket(connection: Connection): Socket {
  return innards(connection)._sock;
}

/** ssh2 answers unknown global requests with a failure by itself; RouterOS does not answer (seen). */
function stayMute(connection: Connection): void {
  innards(connection)._protocol.requestFailure = () => undefined;
}
