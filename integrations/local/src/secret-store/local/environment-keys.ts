import { StackError } from '@stack/core';
import { KeyRing } from './key-ring.ts';
import type { KeySource } from './key-source.ts';
import { parseKeyText } from './key-text.ts';

export const keyVariable = 'STACK_SECRETS_KEY';

/** Keys that whoever starts the process gives in a variable. */
export class EnvironmentKeys implements KeySource {
  readonly #store: string;
  readonly #text: string;

  constructor(store: string, text: string) {
    this.#store = store;
    this.#text = text;
  }

  async read(): Promise<KeyRing> {
    const parsed = parseKeyText(this.#text);
    const ring = { store: this.#store, source: keyVariable };
    if (typeof parsed !== 'string') return new KeyRing({ ...ring, ...parsed });
    const failure = new StackError({
      code: 'SECRET_KEY_INVALID',
      message: `The variable ${keyVariable}, with the key of the ${this.#store}, holds ${parsed}.`,
      hint: `A new key is made by: openssl rand -base64 32`,
    });
    return new KeyRing({ ...ring, keys: [], failure });
  }

  async makeKey(): Promise<void> {}

  async addKey(): Promise<void> {}

  async dropKeys(): Promise<void> {}
}
