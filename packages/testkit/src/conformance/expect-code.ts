import assert from 'node:assert/strict';
import { type ErrorCode, StackError } from '@stack/core';

/** Fails unless the operation rejects with a `StackError` of this code. */
export async function expectCode(code: ErrorCode, operation: () => Promise<unknown>): Promise<void> {
  let result: unknown;
  try {
    result = await operation();
  } catch (error) {
    if (StackError.is(error, code)) return;
    const found = StackError.is(error) ? `${error.code}: ${error.message}` : String(error);
    throw new assert.AssertionError({ message: `expected ${code}, and it rejects with ${found}` });
  }
  throw new assert.AssertionError({ message: `expected ${code}, and it resolves`, actual: result });
}
