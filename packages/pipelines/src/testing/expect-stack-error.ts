import { type ErrorCode, StackError } from '@stack/core';
import { expect } from 'vitest';

/** The `StackError` that an action throws or rejects with; fails the test when it is another error, or none. */
export async function expectStackError(code: ErrorCode, action: () => unknown): Promise<StackError> {
  let error: unknown;
  try {
    await action();
  } catch (thrown) {
    error = thrown;
  }
  if (!StackError.is(error)) throw new Error(`Expected ${code}, got ${String(error)}`, { cause: error });
  expect(error.code).toBe(code);
  return error;
}
