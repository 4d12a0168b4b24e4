import type { KeyRing } from './key-ring.ts';

/** Where the keys of a scope are kept. */
export interface KeySource {
  /** The keys as they are now. What is wrong with them shows once one is needed. */
  read(): Promise<KeyRing>;
  /** Makes a key where there is none. Of several processes that do so at once, all get the same. */
  makeKey(): Promise<void>;
  /** Puts a new key before the others, unless keys are given by hand. */
  addKey(): Promise<void>;
  /** Forgets keys that nothing is sealed with any more, unless they are kept by hand. */
  dropKeys(ids: readonly string[]): Promise<void>;
}
