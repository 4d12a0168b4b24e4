import type { ArtifactStore } from '../artifact-store/artifact-store.ts';
import type { Orchestrator } from '../orchestrator/orchestrator.ts';
import type { SecretStore } from '../secret-store/secret-store.ts';

/**
 * The base class of each component type. A package with a type of its own augments this interface and calls
 * `defineComponentType`:
 *
 * ```ts
 * declare module '@stack/core' {
 *   interface ComponentTypes { 'vector-index': VectorIndex }
 * }
 * ```
 */
export interface ComponentTypes {
  orchestrator: Orchestrator;
  'artifact-store': ArtifactStore;
  'secret-store': SecretStore;
}

/** The name of a component type, e.g. `artifact-store`. */
export type ComponentTypeName = keyof ComponentTypes & string;
