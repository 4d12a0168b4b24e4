import type { JsonObject } from '@stack/core';
import { StackError } from '@stack/core/errors';

/**
 * Reads the columns of a row that only this package's code keeps right. Somebody may have edited the database by hand:
 * then the error names the row.
 */
export class StoredRow<Row extends object> {
  readonly #table: string;
  readonly #id: string;
  readonly #row: Row;

  constructor(table: string, id: string, row: Row) {
    this.#table = table;
    this.#id = id;
    this.#row = row;
  }

  object(column: keyof Row & string): JsonObject {
    return this.json(column, 'a JSON object', isObject);
  }

  texts(column: keyof Row & string): Readonly<Record<string, string>> {
    return this.json(column, 'a JSON object of texts', isObjectOfTexts);
  }

  json<Value>(column: keyof Row & string, expected: string, fits: (value: unknown) => value is Value): Value {
    let value: unknown;
    try {
      value = JSON.parse(String(this.#row[column]));
    } catch (error) {
      throw this.#broken(column, expected, error);
    }
    if (!fits(value)) throw this.#broken(column, expected);
    return value;
  }

  oneOf<Value extends string>(column: keyof Row & string, values: readonly Value[]): Value {
    const value = values.find((candidate) => candidate === this.#row[column]);
    if (value === undefined) throw this.#broken(column, `one of ${values.join(', ')}`);
    return value;
  }

  date(column: keyof Row & string): Date {
    const value: unknown = this.#row[column];
    const date = new Date(typeof value === 'number' ? value : Number.NaN);
    if (Number.isNaN(date.getTime())) throw this.#broken(column, 'a time in milliseconds');
    return date;
  }

  optionalDate(column: keyof Row & string): Date | undefined {
    return this.#row[column] === null ? undefined : this.date(column);
  }

  #broken(column: string, expected: string, cause?: unknown): StackError {
    return new StackError({
      code: 'STORE_CORRUPT',
      message: `The metadata store holds a broken row: "${column}" of ${this.#id} in the table ${this.#table} is not ${expected}.`,
      hint: 'It was changed by something else than Stack. Restore the store from a backup, or mend the row.',
      cause,
    });
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObjectOfTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}
