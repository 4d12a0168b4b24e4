import { Client, type ClientConfig } from 'pg';

/**
 * A lock that the server frees when the connection of this process to it ends. It has a connection of its own, since those
 * of a pool come and go.
 */
export class SessionLock {
  readonly #options: ClientConfig;
  #client: Client | undefined;

  constructor(options: ClientConfig) {
    this.#options = options;
  }

  /** Takes the lock, again where the connection has broken. Who took it for dead meanwhile is told apart by the epoch. */
  async hold(name: string): Promise<void> {
    if (this.#client !== undefined) return;
    const client = new Client(this.#options);
    const forget = (): void => {
      if (this.#client === client) this.#client = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    await client.connect();
    try {
      await client.query('select pg_advisory_lock($1)', [sessionLockKey(name)]);
    } catch (error) {
      await client.end();
      throw error;
    }
    // A lock is no reason for the process to go on.
    referenced(client).unref();
    this.#client = client;
  }

  async release(): Promise<void> {
    // Whoever waits for its end keeps the process alive until then.
    if (this.#client === undefined) return;
    referenced(this.#client).ref();
    await this.#client.end();
  }
}

/** The types of the driver lack two of its methods. */
function referenced(client: Client): { ref(): void; unref(): void } {
  return client as Client & { ref(): void; unref(): void };
}

/** The number that stands for a lock. @param name a UUID */
export function sessionLockKey(name: string): string {
  return String(BigInt.asIntN(64, BigInt(`0x${name.replaceAll('-', '').slice(0, 16)}`)));
}
