import type { ErrorCode } from './error-codes.ts';

const brand: unique symbol = Symbol.for('@stack/error') as never;

/** One of several things that are wrong with an input. */
export interface Problem {
  /** Where, as a dotted path into the input, e.g. `retry.attempts`; empty for the input as a whole. */
  readonly path: string;
  /** What is wrong, never with the value of a secret field. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** A code of its own, where the problem is not of the kind that the error's code says. */
  readonly code?: ErrorCode;
}

export interface StackErrorOptions {
  readonly code: ErrorCode;
  /** What happened, and to what. */
  readonly message: string;
  /** What to do, as a command where there is one. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** All problems of the input, when there may be several. */
  readonly problems?: readonly Problem[] | undefined;
}

/**
 * The one error that Stack throws on purpose. Branch on `code`, and recognise it by `StackError.is`, never by
 * `instanceof`: two copies of this package may meet in one process.
 */
export class StackError extends Error {
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly problems: readonly Problem[];

  constructor(options: StackErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.hint = options.hint;
    this.problems = options.problems ?? [];
  }

  override get name(): string {
    return 'StackError';
  }

  /** Whether a value is a `StackError`, of any copy of this package, and has the code where one is given. */
  static is(error: unknown, code?: ErrorCode): error is StackError {
    if (typeof error !== 'object' || error === null || !(brand in error)) return false;
    return code === undefined || (error as StackError).code === code;
  }

  toJSON(): { code: ErrorCode; message: string; hint?: string; problems?: readonly Problem[] } {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.problems.length === 0 ? {} : { problems: this.problems }),
    };
  }
}
