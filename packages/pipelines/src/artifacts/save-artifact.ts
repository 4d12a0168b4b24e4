import {
  type ArtifactRecord,
  type ArtifactStore,
  checkArtifactName,
  checkArtifactTag,
  type JsonObject,
  type MetadataTarget,
  type NewArtifact,
  type OperationOptions,
  type RunStore,
  StackError,
} from '@stack/core';
import { type ArtifactOrigin, type StoreValueOptions, storeArtifact } from './artifact-content.ts';
import { recordedMetadata } from './artifact-metadata.ts';
import { isByteStream } from './byte-stream.ts';
import type { Materializer } from './materializer.ts';
import { ObjectPlaces } from './object-places.ts';
import type { OutputOptions } from './output-options.ts';

/** What is said of a value that is saved under a name. */
export interface SaveArtifactOptions extends OutputOptions {
  /** Each is taken from the artifact of the name that has it. Default: none. */
  readonly tags?: readonly string[];
  /** Default: none. */
  readonly metadata?: JsonObject;
}

/** Where artifacts are saved: their bytes, and the records of them. */
export interface ArtifactDestination {
  readonly artifactStore: ArtifactStore;
  readonly runStore: RunStore;
  /** Those beside the built-in ones. */
  readonly materializers?: readonly Materializer[];
}

/**
 * Saves a value as the newest artifact of a name, outside of a run. In a step, `context.saveArtifact` does it.
 *
 * @param name letters, digits, `.`, `_` and `-`, in parts joined by `/`
 * @throws ARGUMENT_INVALID for a name, tag or metadata that cannot be
 * @throws VALUE_NOT_SERIALIZABLE for a value that no materializer takes
 * @throws OUTPUT_INVALID for a value that the schema refuses
 * @throws ARTIFACT_COLLECTED for a stream whose bytes were there already, and were removed as garbage meanwhile: save a new
 * stream of them. Any other value is stored again.
 */
export async function saveArtifact(
  { artifactStore, runStore, materializers = [] }: ArtifactDestination,
  name: string,
  value: unknown,
  options: SaveArtifactOptions & OperationOptions = {},
): Promise<ArtifactRecord> {
  const origin = { name, runId: undefined, step: undefined, output: undefined };
  const places = new ObjectPlaces(runStore);
  const store = () => storeNamedArtifact(artifactStore, value, materializers, origin, { ...options, places });
  let artifact = await store();
  for (;;) {
    try {
      return await runStore.saveArtifact(artifact);
    } catch (error) {
      if (!StackError.is(error, 'ARTIFACT_COLLECTED') || isByteStream(value)) throw error;
      places.refresh();
      const again = await store();
      // Of a value that a materializer can read but once, nothing is left.
      if (again.sha256 !== artifact.sha256) throw error;
      artifact = again;
    }
  }
}

/**
 * Adds metadata to an artifact, or to a run or a step of one, in the place of what was logged under the same names. In a
 * step, `context.logMetadata` does it.
 *
 * @param target references, such as `{ artifact: 'penguins@prod' }` or `{ run: 'first', step: 'train' }`
 * @throws ARGUMENT_INVALID for metadata that is not JSON, naming the fields
 * @throws ARTIFACT_NOT_FOUND, RUN_NOT_FOUND, STEP_NOT_FOUND, AMBIGUOUS
 */
export async function logMetadata(runStore: RunStore, target: MetadataTarget, metadata: JsonObject): Promise<void> {
  await runStore.addMetadata(target, recordedMetadata(metadata));
}

/** Stores a value that is saved under a name, and does not record it. */
export async function storeNamedArtifact(
  store: ArtifactStore,
  value: unknown,
  materializers: readonly Materializer[],
  origin: ArtifactOrigin,
  { tags = [], metadata = {}, schema, materializer, ...handling }: SaveArtifactOptions & StoreValueOptions,
): Promise<NewArtifact> {
  checkArtifactName(origin.name);
  for (const tag of tags) checkArtifactTag(tag);
  const recorded = recordedMetadata(metadata);
  const artifact = await storeArtifact(store, value, materializers, origin, {
    ...handling,
    output: { ...(schema === undefined ? {} : { schema }), ...(materializer === undefined ? {} : { materializer }) },
  });
  return { ...artifact, tags: [...new Set(tags)].toSorted(), metadata: { ...artifact.metadata, ...recorded } };
}
