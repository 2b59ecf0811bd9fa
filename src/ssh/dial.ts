import { connect as connectSocket, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Hop } from './hop.ts';
import type { Link } from './link.ts';

/** Milliseconds of silence after which the kernel asks whether the other side is still there. */
const TCP_KEEP_ALIVE_MS = 30_000;

/** Milliseconds that one address of a name has before the next one is tried beside it. */
const NEXT_ADDRESS_MS = 1000;

/** A TCP connection on its way. */
export interface Dialled {
  readonly socket: Socket;
  /** Resolves when it stands; fails with the system's error. May be left unawaited. */
  readonly connected: Promise<void>;
}

/** Starts a TCP connection to a server. Nothing is read from it before ssh2 does. */
export function dial(hop: Hop): Dialled {
  const socket = connectSocket({
    host: hop.host,
    port: hop.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
  });
  socket.pause();
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    // Stays, so that an error never finds nobody listening.
    socket.on('error', reject);
    socket.once('close', () => {
      reject(new Error('the other side closed the connection'));
    });
  });
  connected.catch(() => undefined);
  return { socket, connected };
}

/**
 * Opens a connection to a server through a jump host.
 *
 * @throws Error with the jump host's words
 */
export function dialThrough(link: Link, hop: Hop): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const forget = link.onEnd(() => {
      reject(link.cause ?? new Error('the jump host closed the connection'));
    });
    link.client.forwardOut('127.0.0.1', 0, hop.host, hop.port, (error, channel) => {
      forget();
      if (error !== undefined) {
        reject(error);
        return;
      }
      channel.on('error', () => undefined);
      resolve(channel);
    });
  });
}
