import { holdsSecret } from '../secrets/holds-secret.ts';
import { maskValue } from '../secrets/mask-value.ts';
import { secretMask } from '../secrets/secret.ts';
import { maskSecrets } from '../secrets/secret-masker.ts';
import type { ErrorCode } from './error-codes.ts';
import { isError } from './is-error.ts';

const brand: unique symbol = Symbol.for('@stack/error') as never;

const maximumCauses = 20;

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
 *
 * Known secrets are masked in everything that it says. A cause that holds one is replaced by a copy that has only the
 * name, the code, the message, the stack and the causes, masked; any other is kept as it is.
 */
export class StackError extends Error {
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly problems: readonly Problem[];

  constructor(options: StackErrorOptions) {
    super(maskSecrets(options.message), options.cause === undefined ? undefined : { cause: maskError(options.cause) });
    this.code = options.code;
    this.hint = maskValue(options.hint);
    this.problems = maskValue(options.problems ?? []);
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

/** What was thrown, without secrets: itself when it holds none. */
function maskError(thrown: unknown, outer: readonly unknown[] = []): unknown {
  if (!holdsSecret(thrown)) return thrown;
  // It may be its own cause.
  if (outer.includes(thrown) || outer.length >= maximumCauses) return secretMask;
  if (!isError(thrown)) {
    const masked = maskValue(thrown);
    return holdsSecret(masked) ? secretMask : masked;
  }
  const mask = (inner: unknown) => maskError(inner, [...outer, thrown]);
  const copy = copyError(thrown, thrown.cause === undefined ? {} : { cause: mask(thrown.cause) }, mask);
  copy.stack = maskSecrets(thrown.stack ?? '');
  return copy;
}

function copyError(error: Error, options: ErrorOptions, mask: (inner: unknown) => unknown): Error {
  if (StackError.is(error)) return new StackError({ ...error, message: error.message, ...options });
  const message = maskSecrets(error.message);
  const copy =
    error instanceof AggregateError
      ? new AggregateError(error.errors.map(mask), message, options)
      : new Error(message, options);
  // As a property of the class would be: not one to be printed.
  Object.defineProperty(copy, 'name', { value: maskSecrets(error.name), configurable: true, writable: true });
  return 'code' in error ? Object.assign(copy, { code: maskValue(error.code) }) : copy;
}
