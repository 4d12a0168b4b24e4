import {
  type ArtifactLocation,
  type ArtifactRecord,
  type ArtifactStore,
  maskSecrets,
  type Stack,
  StackError,
} from '@stack/core';

/** Opens the artifact store that an artifact is in. Whoever asked for it disposes it. */
export type OpenArtifactStore = (artifact: ArtifactRecord) => Promise<ArtifactStore>;

/**
 * Lets a function use the artifact store that an artifact is in: that of the stack, or else one that is opened for it.
 *
 * @throws COMPONENT_NOT_FOUND when the stack has another store, and no other can be opened
 */
export async function withStoreOf<Result>(
  artifact: ArtifactRecord,
  stack: Stack,
  openArtifactStore: OpenArtifactStore | undefined,
  use: (store: ArtifactStore) => Promise<Result>,
): Promise<Result> {
  const { store: location, name, version } = artifact;
  if (isAt(stack.artifactStore, location)) return use(stack.artifactStore);
  if (openArtifactStore === undefined) {
    throw new StackError({
      code: 'COMPONENT_NOT_FOUND',
      message: `The artifact ${name}@${version} is in the artifact store "${location.component}" (${location.flavor}), which the stack "${stack.name}" does not have.`,
      hint: 'Let run() open it, by its option openArtifactStore; or run the pipeline by: stack pipeline run',
    });
  }
  await using opened = await openArtifactStore(artifact);
  return await use(opened);
}

function isAt({ flavor, root }: ArtifactStore, location: ArtifactLocation): boolean {
  return flavor === location.flavor && maskSecrets(root) === location.root;
}
