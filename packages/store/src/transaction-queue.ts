import { StackError } from '@stack/core/errors';
import { type RetryOptions, retryWhileBusy } from './retry-while-busy.ts';

interface QueueOptions extends RetryOptions {
  /** What the store is called in messages. */
  readonly label: string;
  /** An error of the database as a user should see it. */
  readonly describeError: (error: unknown) => unknown;
}

/** The transactions of one open store: in order where that matters, tried again while others are in the way. */
export class TransactionQueue {
  readonly #options: QueueOptions;
  readonly #underway = new Set<Promise<unknown>>();
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  run<Result>(transaction: () => Promise<Result>): Promise<Result> {
    return this.#run(transaction, undefined);
  }

  /**
   * Runs it after all that came in order before, also while one of those waits for another process: so they happen in
   * the order in which they were asked for.
   */
  runInOrder<Result>(transaction: () => Promise<Result>): Promise<Result> {
    const result = this.#run(transaction, this.#last);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Takes no more, and closes the database when what is underway has ended. */
  close(closeDatabase: () => void | Promise<void>): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underway).then(closeDatabase);
    return this.#closed;
  }

  async #run<Result>(transaction: () => Promise<Result>, before: Promise<unknown> | undefined): Promise<Result> {
    const { label, describeError } = this.#options;
    if (this.#closed !== undefined) {
      throw new StackError({ code: 'STORE_UNAVAILABLE', message: `The metadata store ${label} was closed already.` });
    }
    const result = (async () => {
      await before;
      return await retryWhileBusy(this.#options, transaction);
    })();
    this.#underway.add(result);
    try {
      return await result;
    } catch (error) {
      throw describeError(error);
    } finally {
      this.#underway.delete(result);
    }
  }
}
