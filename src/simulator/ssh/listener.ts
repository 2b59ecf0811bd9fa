import { randomInt } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';

/**
 * Ports for servers that may stop listening for a while and must find their port free again: below the range
 * from which the kernel takes the ports of outgoing connections.
 */
const LOWEST = 10_240;
const HIGHEST = 32_000;

/** A listening socket on loopback that can be closed (connections refused) and opened again. */
export class Listener {
  readonly #onSocket: (socket: Socket) => void;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #muted = false;

  constructor(onSocket: (socket: Socket) => void) {
    this.#onSocket = onSocket;
  }

  get port(): number {
    return this.#port;
  }

  get sockets(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** Listens on `port`, or on a free one when it is 0. */
  async open(port = this.#port): Promise<void> {
    if (this.#server !== undefined) return;
    for (let tries = 0; ; tries += 1) {
      const chosen = port === 0 ? randomInt(LOWEST, HIGHEST) : port;
      try {
        this.#server = await listen(chosen, (socket) => this.#accept(socket));
        this.#port = chosen;
        return;
      } catch (error) {
        if (tries > 50 || !isInUse(error)) throw error;
        if (port !== 0) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** New connections are refused; those that are open stay. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // `close` of a server waits for its connections to end: refusing is immediate all the same.
    server?.close();
    await Promise.resolve();
  }

  /** Packets of open connections vanish in both directions, or pass again. */
  mute(muted: boolean): void {
    this.#muted = muted;
    for (const socket of this.#sockets) {
      if (muted) {
        socket.pause();
        socket.cork();
      } else {
        socket.uncork();
        socket.resume();
      }
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.shut();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#muted) {
      socket.pause();
      socket.cork();
    }
    this.#onSocket(socket);
  }
}

function listen(port: number, onSocket: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(onSocket);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
