import {
  type AnyFlavor,
  formatSecretReference,
  parseSecretReference,
  type SecretReference,
  type SecretResolver,
  StackError,
  type StoredInput,
} from '@stack/core';
import { componentSecretName, fieldSecretKey, unescapeReferences } from '@stack/core/secrets';
import type { WriteOptions } from '@stack/store';
import { findPlainSecrets, inputSchemas, type PlainSecret, textAt, withTexts } from '../components/plain-secrets.ts';
import type { ProjectSecretSummary, ProjectSecrets } from './project-secrets.ts';

export interface ComponentWriteOptions extends WriteOptions {
  /**
   * Whether a text in a secret field is made a secret, in the secret store that takes writes, and its reference stored.
   * Default `false`: it is refused.
   */
  readonly allowPlainSecret?: boolean | undefined;
}

/** A component that is to be stored, and may have values where references belong. */
export interface PlainInput {
  readonly type: string;
  readonly name: string;
  readonly flavor: AnyFlavor;
  readonly input: StoredInput;
  /** What is stored of the component now, where it is. */
  readonly stored?: StoredInput | undefined;
}

/** A text that takes the place of a value. */
export type HiddenValue = PlainSecret & { readonly text: string };

/** Makes secrets of the values that stand in secret fields, before a component is stored. */
export class PlainSecretKeeper {
  readonly #secrets: ProjectSecrets;
  readonly #resolver: SecretResolver;

  /** @param resolver what the components of the project find their secrets by */
  constructor(secrets: ProjectSecrets, resolver: SecretResolver) {
    this.#secrets = secrets;
    this.#resolver = resolver;
  }

  /**
   * Stores components by `work`, which is told which references stand for their values. The secrets do not stay behind
   * when it fails.
   */
  async keep<Result>(
    inputs: readonly PlainInput[],
    { allowPlainSecret = false, dryRun = false }: ComponentWriteOptions,
    work: (hidden: readonly (readonly HiddenValue[])[]) => Promise<Result>,
  ): Promise<Result> {
    if (!allowPlainSecret) return work(inputs.map(() => []));
    const created: ProjectSecretSummary[] = [];
    try {
      const hidden: HiddenValue[][] = [];
      for (const input of inputs) hidden.push(await this.#hide(input, created, dryRun));
      return await work(hidden);
    } catch (error) {
      const left = dryRun ? [] : await this.#takeBack(created);
      if (left.length === 0 || !StackError.is(error)) throw error;
      const { code, message, hint, problems } = error;
      const rest = `What was made a secret before that is still there: ${left.join(', ')}.`;
      throw new StackError({ code, message: `${message}\n${rest}`, hint, problems, cause: error });
    }
  }

  /** @returns the names of those that cannot be deleted */
  async #takeBack(created: readonly ProjectSecretSummary[]): Promise<string[]> {
    const deleted = await Promise.allSettled(
      created.map(({ name, store }) => this.#secrets.delete(name, { store, force: true })),
    );
    return created.filter((_, index) => deleted[index]?.status === 'rejected').map(({ name }) => name);
  }

  async #hide(input: PlainInput, created: ProjectSecretSummary[], dryRun: boolean): Promise<HiddenValue[]> {
    const plain = findPlainSecrets(inputSchemas(input.flavor), input.input);
    const known = await this.#findKnown(plain, input.stored);
    const fresh = plain.filter((one) => !known.has(one));
    if (fresh.length > 0) {
      const name = await this.#freeName(componentSecretName(input), created);
      const keys = new Map<string, PlainSecret>();
      for (const one of fresh) {
        const key = freeWord(fieldSecretKey(one.path), (word) => keys.has(word));
        keys.set(key, one);
      }
      // What a secret holds is taken as it is.
      const values = Object.fromEntries([...keys].map(([key, { value }]) => [key, unescapeReferences(value)]));
      created.push(await this.#secrets.create(name, values, { dryRun }));
      for (const [key, one] of keys) known.set(one, { name, key });
    }
    return plain.flatMap((one) => {
      const reference = known.get(one);
      return reference === undefined ? [] : [{ ...one, text: formatSecretReference(reference) }];
    });
  }

  /** What is stored as a reference to the same value already, so that the same input again changes nothing. */
  async #findKnown(
    plain: readonly PlainSecret[],
    stored: StoredInput | undefined,
  ): Promise<Map<PlainSecret, SecretReference>> {
    const references = plain.flatMap((one) => {
      const reference = stored === undefined ? undefined : readReference(textAt(stored, one));
      return reference === undefined ? [] : [{ one, reference }];
    });
    if (references.length === 0) return new Map();
    const values = await this.#resolver.resolve(references.map(({ reference }) => reference));
    const same = references.filter(({ one }, index) => values[index] === unescapeReferences(one.value));
    return new Map(same.map(({ one, reference }) => [one, reference]));
  }

  async #freeName(name: string, created: readonly ProjectSecretSummary[]): Promise<string> {
    const { secrets } = await this.#secrets.list();
    const taken = new Set([...secrets, ...created].map((secret) => secret.name));
    return freeWord(name, (word) => taken.has(word));
  }
}

/** The input with the references in the place of the values. */
export function withReferences(input: StoredInput, hidden: readonly HiddenValue[]): StoredInput {
  return withTexts(
    input,
    hidden.filter((one) => textAt(input, one) === one.value),
  );
}

/** `undefined` for a text that is no reference, or a broken one. */
function readReference(text: string | undefined): SecretReference | undefined {
  try {
    return parseSecretReference(text);
  } catch (error) {
    if (StackError.is(error, 'SECRET_REFERENCE_INVALID')) return undefined;
    throw error;
  }
}

/** The word, or the first of `word-2`, `word-3`, ... that is not taken. */
function freeWord(word: string, isTaken: (word: string) => boolean): string {
  let free = word;
  for (let number = 2; isTaken(free); number++) {
    const suffix = `-${number}`;
    // As long as names and keys may be.
    free = `${word.slice(0, 100 - suffix.length)}${suffix}`;
  }
  return free;
}
