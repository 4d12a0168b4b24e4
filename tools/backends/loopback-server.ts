import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of HTTP on loopback for tests, from `listen` to its disposal. */
export abstract class LoopbackServer implements AsyncDisposable {
  readonly #server = createServer((incoming, response) => void this.answer(incoming, response));

  protected abstract answer(incoming: IncomingMessage, response: ServerResponse): unknown;

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
