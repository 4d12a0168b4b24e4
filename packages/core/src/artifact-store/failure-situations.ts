import { type ErrorCode, StackError } from '../errors/index.ts';

interface Situation {
  /** What happened, after "The write of ... failed: ". Default: what the backend says. */
  readonly message?: string;
  readonly hint?: string;
}

/** What is said of a failure whatever the backend is. */
export const failureSituations: Readonly<Partial<Record<ErrorCode, Situation>>> = {
  NOT_FOUND: { message: 'there is no such object' },
  ALREADY_EXISTS: { message: 'there is an object already' },
  PRECONDITION_FAILED: {
    message: 'the object is not the one with this etag',
    hint: 'Read it again, and go on with the etag that it has then.',
  },
  PATH_CONFLICT: { message: 'it is the directory of other objects, or lies below an object' },
  ACCESS_DENIED: { hint: 'Check the credentials that it is used with, and what they are allowed to do.' },
  UNAVAILABLE: {
    hint: 'Check that the system behind it runs and can be reached from here, and where its config says it is.',
  },
};

/** Codes of failures that may pass: the same request may succeed later. */
export const passingCodes: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'TIMEOUT', 'THROTTLED']);

/** Whether this is how a request is refused that was done before: the object is there, is another one, or is gone. */
export function isRefusal(error: unknown): boolean {
  return StackError.is(error) && ['ALREADY_EXISTS', 'PRECONDITION_FAILED', 'NOT_FOUND'].includes(error.code);
}
