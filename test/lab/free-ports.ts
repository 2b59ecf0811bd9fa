import { createServer } from 'node:net';

const handedOut = new Set<number>();

/**
 * A TCP port of the loopback interface that nobody listens on. Not from the range that outgoing connections
 * take theirs from, as it must still be free when a machine boots again after a power cut.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
