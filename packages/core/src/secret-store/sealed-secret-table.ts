import type { SecretScope } from './secret-store.ts';

/** One secret as a metadata store keeps it: its values are encrypted, and nothing here opens them. */
export interface SealedSecret {
  /** A UUID. */
  readonly id: string;
  /** Id of the secret store, a component, that it belongs to. */
  readonly store: string;
  readonly scope: SecretScope;
  /** Whose a personal secret is, so that people who share a database see their own; empty in the project. */
  readonly owner: string;
  readonly name: string;
  /** By key, each sealed. */
  readonly values: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Where one secret is: these four are unique together. */
export type SealedSecretPlace = Pick<SealedSecret, 'store' | 'scope' | 'owner' | 'name'>;

export type NewSealedSecret = Omit<SealedSecret, 'createdAt' | 'updatedAt'>;

/** What may change in a sealed secret. What is not given stays. */
export type SealedSecretChange = Partial<Pick<SealedSecret, 'name' | 'values'>>;

/**
 * The sealed secrets of a metadata store. A flavor that keeps secrets there gets it as the override `sealedSecrets`.
 * Each method commits as one. A `change` or `check` is pure and synchronous, may throw, and may be called again when
 * another process was faster.
 */
export interface SealedSecretTable {
  /** By name, in the order of its bytes; the project's before the personal one. */
  list(filter: {
    readonly store: string;
    readonly scope?: SecretScope;
    readonly owner?: string;
    readonly names?: readonly string[];
  }): Promise<readonly SealedSecret[]>;
  /**
   * Rejects with `ALREADY_EXISTS`, and with `COMPONENT_NOT_FOUND` for an unknown store.
   *
   * @param check sees what was last changed of the same store, scope and owner, if there is anything
   */
  add(secret: NewSealedSecret, check: (other: SealedSecret | undefined) => void): Promise<SealedSecret>;
  /** Rejects with `SECRET_NOT_FOUND`, and for a name that is taken with `ALREADY_EXISTS`. */
  update(place: SealedSecretPlace, change: (current: SealedSecret) => SealedSecretChange): Promise<SealedSecret>;
  /** Puts other values into all secrets of a scope and owner, as one, and gives how many there are. Times stay. */
  updateAll(
    place: Omit<SealedSecretPlace, 'name'>,
    change: (current: SealedSecret) => SealedSecret['values'],
  ): Promise<number>;
  /** Whether there was one. */
  remove(place: SealedSecretPlace): Promise<boolean>;
}
