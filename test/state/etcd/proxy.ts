import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What becomes of a request: `pass`; `refuse`: cut off before it was passed on; `swallow`: passed on, and cut off
 * once the answer is there; `hang`: neither passed on nor answered; `freeze`: passed on, nothing comes back.
 */
export type Fate = 'pass' | 'refuse' | 'swallow' | 'hang' | 'freeze';

/** A fate, or an answer of the proxy's own. */
type Told = Fate | { readonly status: number; readonly text: string };

/** Stands between a client and an etcd, and does to each request what a test wants. */
export class EtcdProxy {
  readonly endpoint: string;
  /** Asked for each request: its path and body. */
  fate: (path: string, body: string) => Told | Promise<Told> = () => 'pass';
  /** The paths of the requests that were passed on. */
  readonly passed: string[] = [];
  /** The token that came with the last request that had one. */
  lastToken: string | null = null;
  readonly #server: http.Server;
  readonly #target: string;
  readonly #sockets = new Set<Socket>();

  private constructor(server: http.Server, target: string) {
    this.#server = server;
    this.#target = target;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.#handle(request, response));
  }

  static async start(target: string): Promise<EtcdProxy> {
    const server = http.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EtcdProxy(server, target);
  }

  /** Cuts every connection off. New ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = (await request.toArray()).join('');
    const path = request.url ?? '';
    this.lastToken = request.headers.authorization ?? this.lastToken;
    const fate = await this.fate(path, body);
    if (typeof fate === 'object') {
      response.writeHead(fate.status).end(fate.text);
      return;
    }
    if (fate === 'refuse') request.socket.destroy();
    if (fate === 'refuse' || fate === 'hang') return;
    this.passed.push(path);
    const onward = http.request(`${this.#target}${path}`, { method: 'POST', headers: request.headers });
    onward.on('error', () => request.socket.destroy());
    response.once('close', () => onward.destroy());
    onward.on('response', (answer) => {
      answer.on('error', () => request.socket.destroy());
      if (fate === 'freeze') answer.resume();
      else if (fate === 'swallow') answer.resume().on('end', () => request.socket.destroy());
      else {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
      }
    });
    onward.end(body);
  }
}
