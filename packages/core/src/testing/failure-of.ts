import { StackError } from '../errors/index.ts';

/** The `StackError` that an action fails with; anything else fails the test. */
export async function failureOf(action: () => unknown): Promise<StackError> {
  try {
    await action();
  } catch (error) {
    if (StackError.is(error)) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}
