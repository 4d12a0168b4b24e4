import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { type ErrorCode, errorCodes, maskSecrets, type RecordedError, StackError } from '@stack/core';

/**
 * The folders that call the code of a step: what stands below them in a stack tells a user nothing. Built, the first is
 * that of the whole package.
 */
const ownFolders = ['./', '../artifacts/', '../logs/']
  .map((folder) => new URL(folder, import.meta.url))
  // A frame names a file by its URL or by its path; the two differ where a path has a space.
  .flatMap((url) => [url.href, fileURLToPath(url)]);
const maximumFrames = 20;
const maximumCauses = 5;

/** What errors that were recorded elsewhere were recorded as. */
const records = new WeakMap<Error, RecordedError>();

/** An error as it is recorded: secrets masked, and of the stack the frames of the user's own code. */
export function recordedError(error: unknown): RecordedError {
  const recorded = error instanceof Error ? records.get(error) : undefined;
  if (recorded !== undefined) return recorded;
  const { code, hint } = StackError.is(error) ? error : { code: 'STEP_FAILED' as const, hint: undefined };
  return {
    code,
    message: maskSecrets(describeError(error)),
    ...(hint === undefined ? {} : { hint: maskSecrets(hint) }),
    ...(error instanceof Error ? { stack: maskSecrets(describeStack(error)) } : {}),
  };
}

/** An error that says what one said that was recorded. */
export function unrecordedError(recorded: RecordedError): StackError {
  const { code, message, hint } = recorded;
  const error = new StackError({ code: code in errorCodes ? (code as ErrorCode) : 'STEP_FAILED', message, hint });
  records.set(error, recorded);
  return error;
}

/** `TypeError: ...` for an error of the language, the message alone for others. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : inspect(error);
  return error.name === 'Error' || StackError.is(error) ? error.message : `${error.name}: ${error.message}`;
}

function describeStack(error: Error): string {
  const parts: string[] = [];
  for (
    let current: unknown = error;
    current instanceof Error && parts.length <= maximumCauses;
    current = current.cause
  ) {
    const heading = `${current.name}: ${current.message}`;
    parts.push([parts.length === 0 ? heading : `Caused by ${heading}`, ...ownFrames(current)].join('\n'));
  }
  return parts.join('\n');
}

function ownFrames({ stack = '' }: Error): string[] {
  const frames = stack.split('\n').filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
  const isOurs = (frame: string) => ownFolders.some((folder) => frame.includes(folder));
  const told = frames.filter((frame) => isOurs(frame) || !/[( ]node:|[\\/]node_modules[\\/]/.test(frame));
  // Above the code of a step is what it called of ours, and below it what called it.
  const called = told.slice(told.findIndex((frame) => !isOurs(frame)));
  const ours = called.findIndex(isOurs);
  return called.slice(0, ours < 0 ? undefined : ours).slice(0, maximumFrames);
}
