import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';

type Direction = 'request' | 'response';

/** What a network can do to connections. */
export type NetworkFault =
  /** Nobody listens. */
  | { readonly kind: 'refuse' }
  /** Connections are made, and nothing goes through them. */
  | { readonly kind: 'hold' }
  /** A connection is reset once so many bytes went through it in a direction. At most `times`; default: every time. */
  | { readonly kind: 'cut'; readonly direction: Direction; readonly afterBytes: number; readonly times?: number }
  /** Every piece takes so much longer. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number };

interface ProxiedConnection {
  readonly client: Socket;
  readonly server: Socket;
  /** Bytes that went through since the fault began. */
  readonly passed: Record<Direction, number>;
}

/** Milliseconds in which the other side gets what was sent before a reset, which may overtake it. */
const settlingTime = 10;

/** A TCP proxy on loopback before a server. It hands on everything as it is, unless a fault is begun. */
export class FaultProxy implements AsyncDisposable {
  /** The server's endpoint with the host and port of the proxy. */
  readonly endpoint: URL;
  readonly #server: { readonly host: string; readonly port: number };
  readonly #connections = new Set<ProxiedConnection>();
  #listener: Server | undefined;
  #fault: NetworkFault | undefined;
  #faultEnds = Promise.withResolvers<void>();
  #strikes = 0;

  private constructor(endpoint: URL) {
    const port = Number(endpoint.port) || (endpoint.protocol === 'https:' ? 443 : 80);
    this.#server = { host: endpoint.hostname.replaceAll(/[[\]]/g, ''), port };
    this.endpoint = new URL(endpoint);
  }

  /** Starts a proxy before the server of an endpoint, e.g. `http://127.0.0.1:9000/account`. */
  static async start(endpoint: URL): Promise<FaultProxy> {
    const proxy = new FaultProxy(endpoint);
    proxy.endpoint.host = `127.0.0.1:${await proxy.#listen(0)}`;
    return proxy;
  }

  /** How often the fault struck a connection since it was begun. */
  get strikes(): number {
    return this.#strikes;
  }

  /** Whether somebody listens: always, but during a refusal. */
  get isOpen(): boolean {
    return this.#listener !== undefined;
  }

  /** Begins a fault in the place of the one before. It is one of the connections that are there, too. */
  async begin(fault: NetworkFault): Promise<void> {
    await this.end();
    this.#strikes = 0;
    for (const { passed } of this.#connections) Object.assign(passed, { request: 0, response: 0 });
    this.#fault = fault;
    if (fault.kind === 'refuse') this.#close();
  }

  /** Ends the fault. What was held goes on. */
  async end(): Promise<void> {
    this.#fault = undefined;
    this.#faultEnds.resolve();
    this.#faultEnds = Promise.withResolvers();
    if (this.#listener === undefined) await this.#listen(Number(this.endpoint.port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fault = undefined;
    this.#close();
    this.#faultEnds.resolve();
  }

  async #listen(port: number): Promise<number> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
    this.#listener = listener;
    return (listener.address() as AddressInfo).port;
  }

  #close(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const connection of this.#connections) reset(connection);
  }

  #accept(client: Socket): void {
    const server = connect({ ...this.#server, allowHalfOpen: true, noDelay: true });
    const connection = { client, server, passed: { request: 0, response: 0 } };
    this.#connections.add(connection);
    // A reset may come after the pipelines have ended, when nobody listens.
    for (const socket of [client, server]) socket.on('error', () => {});
    const through = (direction: Direction) => (pieces: AsyncIterable<Buffer>) =>
      this.#pass(pieces, direction, connection);
    Promise.all([pipeline(client, through('request'), server), pipeline(server, through('response'), client)])
      // One side that breaks breaks the other.
      .catch(() => reset(connection))
      .finally(() => this.#connections.delete(connection));
  }

  async *#pass(
    pieces: AsyncIterable<Buffer>,
    direction: Direction,
    connection: ProxiedConnection,
  ): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      if (this.#fault?.kind === 'hold') {
        this.#strikes++;
        await this.#faultEnds.promise;
      }
      const room = this.#roomBeforeCut(direction, connection);
      connection.passed[direction] += piece.length;
      if (piece.length > room) {
        this.#strikes++;
        yield piece.subarray(0, room);
        await delay(settlingTime);
        // A process that got no time meanwhile has not looked yet at what came.
        await nextTurn();
        reset(connection);
        return;
      }
      if (this.#fault?.kind === 'throttle') yield* this.#throttled(piece, this.#fault.bytesPerSecond);
      else {
        if (this.#fault?.kind === 'delay') await this.#hinder(this.#fault.milliseconds);
        yield piece;
      }
    }
  }

  /** How many further bytes go through a connection. */
  #roomBeforeCut(direction: Direction, { passed }: ProxiedConnection): number {
    const fault = this.#fault;
    if (fault?.kind !== 'cut' || fault.direction !== direction) return Infinity;
    return this.#strikes < (fault.times ?? Infinity) ? fault.afterBytes - passed[direction] : Infinity;
  }

  async *#throttled(piece: Buffer, bytesPerSecond: number): AsyncGenerator<Buffer> {
    const piecesPerSecond = 50;
    const size = Math.max(1, Math.round(bytesPerSecond / piecesPerSecond));
    for (let start = 0; start < piece.length; start += size) {
      await this.#hinder(1000 / piecesPerSecond);
      yield piece.subarray(start, start + size);
    }
  }

  async #hinder(milliseconds: number): Promise<void> {
    this.#strikes++;
    await Promise.race([delay(milliseconds), this.#faultEnds.promise]);
  }
}

function reset({ client, server }: ProxiedConnection): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}
