import {
  formatSecretReference,
  type SecretReference,
  type SecretResolver,
  type SecretStore,
  StackError,
} from '@stack/core';
import type { ComponentRecord } from '@stack/store';
import { describeMissing, type LocatedSecret, valueOption } from './missing-secret.ts';
import type { SecretStores } from './secret-stores.ts';

/**
 * Asks the first secret store of a project for all references, and each further one for those that are still missing.
 * A store that cannot answer is an error, since what it has is not missing.
 */
export class ProjectSecretResolver implements SecretResolver {
  readonly #stores: SecretStores;
  readonly #opening: readonly ComponentRecord[];
  /** By name, secrets that are there without a key that was asked for. */
  readonly #incomplete = new Map<string, LocatedSecret>();

  /**
   * @param opening stores that need the references to be opened, each for the one before it: they are not asked.
   * Default: none
   */
  constructor(stores: SecretStores, opening: readonly ComponentRecord[] = []) {
    this.#stores = stores;
    this.#opening = opening;
  }

  /** @throws SECRET_REFERENCE_CYCLE when only stores could have a secret that need it to be opened */
  async resolve(references: readonly SecretReference[]): Promise<readonly (string | undefined)[]> {
    const values = new Map<string, string>();
    const isMissing = (reference: SecretReference) => !values.has(formatSecretReference(reference));
    const asked: SecretStore[] = [];
    const cycles: StackError[] = [];
    for (const record of await this.#stores.list()) {
      if (this.#isBeingOpened(record)) continue;
      const missing = references.filter(isMissing);
      if (missing.length === 0) break;
      const store = await this.#open(record, cycles);
      if (store === undefined) continue;
      asked.push(store);
      for (const [index, secret] of (await store.resolve(missing)).entries()) {
        const reference = missing[index];
        if (reference !== undefined && secret !== undefined) {
          values.set(formatSecretReference(reference), secret.reveal());
        }
      }
    }
    const missing = references.filter(isMissing);
    if (missing.length > 0) await this.#locate(missing, asked, cycles);
    return references.map((reference) => values.get(formatSecretReference(reference)));
  }

  describeMissing(reference: SecretReference): string {
    return describeMissing(reference, this.#incomplete.get(reference.name));
  }

  #isBeingOpened({ id }: ComponentRecord): boolean {
    return this.#opening.some((record) => record.id === id);
  }

  /** `undefined` for a store that needs those that are being opened: another one may have what is asked for. */
  async #open(record: ComponentRecord, cycles: StackError[]): Promise<SecretStore | undefined> {
    try {
      return await this.#stores.open(record, this.#opening);
    } catch (error) {
      if (this.#opening.length === 0 || !StackError.is(error, 'SECRET_REFERENCE_CYCLE')) throw error;
      cycles.push(error);
      return undefined;
    }
  }

  /** Finds out which of the secrets are there without the key, so that `describeMissing` can say so. */
  async #locate(
    references: readonly SecretReference[],
    stores: readonly SecretStore[],
    cycles: readonly StackError[],
  ): Promise<void> {
    const names = [...new Set(references.map(({ name }) => name))];
    for (const name of names) this.#incomplete.delete(name);
    for (const store of stores) {
      for (const [name, secret] of await store.getMany(names.filter((name) => !this.#incomplete.has(name)))) {
        this.#incomplete.set(name, { secret, store });
      }
    }
    const nowhere = references.find(({ name }) => !this.#incomplete.has(name));
    if (nowhere === undefined || this.#opening.length === 0) return;
    throw cycles[0] ?? (await this.#cycleError(nowhere));
  }

  async #cycleError({ name, key }: SecretReference): Promise<StackError> {
    const chain = [...this.#opening, ...this.#opening.slice(0, 1)].map((record) => record.name).join(' → ');
    const other = await this.#stores.findWritable(this.#opening);
    return new StackError({
      code: 'SECRET_REFERENCE_CYCLE',
      message: `The secret store "${this.#opening.at(-1)?.name}" refers to ${formatSecretReference({ name, key })}, which no store has that can be opened before it: ${chain}.`,
      hint: `Put it into another one: stack secret create ${name} ${valueOption(key)} --store ${other?.name ?? 'NAME'}`,
    });
  }
}
