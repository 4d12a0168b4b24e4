const brand: unique symbol = Symbol.for('@stack/secret') as never;

/** What every printed form of a secret shows. */
export const secretMask = '[secret]';

/**
 * A value that cannot be printed by accident: `String()`, template literals, `JSON.stringify` and `util.inspect` all
 * give `[secret]`, and a structured clone holds no value. `reveal()` is the only way out.
 */
export class Secret {
  readonly [brand] = true;
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  static is(value: unknown): value is Secret {
    return typeof value === 'object' && value !== null && brand in value;
  }

  /** The value in clear. Hand it straight to the SDK that needs it; do not keep it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return secretMask;
  }

  toJSON(): string {
    return secretMask;
  }

  [Symbol.toPrimitive](): string {
    return secretMask;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return secretMask;
  }
}
