import { StackError } from '@stack/core';

/** What is wrong with an input whose parts are checked one after the other, to be told all at once. */
export class InputFailures {
  readonly errors: StackError[] = [];

  /** Checks a part. Where that is wrong it gives `undefined`, and the others are checked all the same. */
  check<Value>(check: () => Value): Value | undefined {
    try {
      return check();
    } catch (error) {
      if (!StackError.is(error)) throw error;
      this.errors.push(error);
      return undefined;
    }
  }
}
