import type { ArtifactRecord, StoredObject } from '@stack/core';

/** All objects that an artifact is made of: its own, its contents, and what shows it. */
export function artifactObjects(
  artifact: Pick<ArtifactRecord, keyof StoredObject | 'contents' | 'visualizations'>,
): readonly StoredObject[] {
  return [artifact, ...artifact.contents, ...artifact.visualizations];
}
