import { backOff } from '../backoff.ts';
import type { RetryPolicy } from '../config/artifact-store-config.ts';
import { type ErrorCode, StackError } from '../errors/index.ts';
import { isError } from '../errors/is-error.ts';
import { backendCause, backendMessage } from './backend-message.ts';
import { failureSituations, isRefusal, passingCodes } from './failure-situations.ts';
import { networkErrorCode } from './network-error-code.ts';
import type { SendOptions } from './requests.ts';
import { SourceFailure } from './source-stream.ts';

type Sending = Omit<SendOptions<unknown>, 'confirm'>;

/** Sends the requests of one component to its backend, again where that may help, and tells its failures to callers. */
export class RequestSender {
  readonly #component: { toString(): string };
  readonly #policy: RetryPolicy;
  readonly #mapError: (error: unknown) => ErrorCode | undefined;
  /** Failures that name operation, path and component, and were tried again as often as they may be. */
  readonly #told = new WeakSet<object>();

  constructor(
    component: { toString(): string },
    policy: RetryPolicy,
    mapError: (error: unknown) => ErrorCode | undefined,
  ) {
    this.#component = component;
    this.#policy = policy;
    this.#mapError = mapError;
  }

  async send<Result>(options: SendOptions<Result>, request: () => Promise<Result>): Promise<Result> {
    const { signal, confirm, attempts = this.#policy.attempts } = options;
    let lost: StackError | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        signal?.throwIfAborted();
        return await request();
      } catch (error) {
        if (attempt < attempts && !signal?.aborted && this.mayPass(error)) {
          // What was throttled was not carried out.
          if (this.#codeOf(error) !== 'THROTTLED') lost ??= this.#outcomeUnknown(options, error);
          await this.backOff(options, attempt);
          continue;
        }
        const failure = this.failure(options, error);
        if (lost === undefined || confirm === undefined || !isRefusal(failure)) throw failure;
        const result = await confirm().catch(() => undefined);
        if (result !== undefined) return result;
        throw lost;
      }
    }
  }

  /** Whether the same request may succeed later. Not for an error that was tried again as often as it may be. */
  mayPass(error: unknown): boolean {
    const code = this.#isTold(error) ? undefined : this.#codeOf(error);
    return code !== undefined && passingCodes.has(code);
  }

  /** Waits before the attempt after this one. */
  async backOff(options: Sending, attempt: number): Promise<void> {
    try {
      await backOff(this.#policy, attempt, options.signal);
    } catch (error) {
      throw this.failure(options, error);
    }
  }

  /** What callers get to see of an error: a `StackError`, unless it is not of the backend's making. */
  failure(options: Sending, error: unknown): unknown {
    if (this.#isTold(error)) return error;
    const what = this.#describe(options);
    if (options.signal?.aborted) {
      const cause = error === options.signal.reason ? error : backendCause(error);
      return this.#tell(new StackError({ code: 'ABORTED', message: `${what} was cancelled.`, cause }));
    }
    if (error instanceof SourceFailure) return error.error;
    const code = this.#codeOf(error);
    if (code === undefined) return error;
    const own = StackError.is(error) ? error : undefined;
    const situation = failureSituations[code];
    const detail = own?.message ?? situation?.message ?? backendMessage(messageOf(error));
    return this.#tell(
      new StackError({
        code,
        message: `${what} failed: ${detail}${/[.!?]$/.test(detail) ? '' : '.'}`,
        hint: own?.hint ?? situation?.hint,
        cause: backendCause(own === undefined ? error : own.cause),
      }),
    );
  }

  #outcomeUnknown(options: Sending, error: unknown): StackError {
    const detail = backendMessage(messageOf(error));
    return this.#tell(
      new StackError({
        code: this.#codeOf(error) ?? 'UNAVAILABLE',
        message: `${this.#describe(options)} may have been done or not: ${detail}, and when it was tried again, it was refused.`,
        hint: 'Look at the object, and do it again if need be.',
        cause: backendCause(error),
      }),
    );
  }

  #describe({ operation, key, to }: Sending): string {
    const subject = key === '' ? 'the root' : JSON.stringify(key);
    return `The ${operation} of ${subject}${to === undefined ? '' : ` to ${JSON.stringify(to)}`} in the ${this.#component}`;
  }

  #codeOf(error: unknown): ErrorCode | undefined {
    return StackError.is(error) ? error.code : (this.#mapError(error) ?? networkErrorCode(error));
  }

  #isTold(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#told.has(error);
  }

  #tell(failure: StackError): StackError {
    this.#told.add(failure);
    return failure;
  }
}

function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
