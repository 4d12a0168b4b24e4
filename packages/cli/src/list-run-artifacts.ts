import type { ArtifactRecord } from '@stack/core';
import type { Project } from '@stack/project';

/** All artifacts of a run, the oldest first. */
export async function listRunArtifacts(project: Project, runId: string): Promise<readonly ArtifactRecord[]> {
  return (await project.runs.listArtifacts({ runId, limit: Number.MAX_SAFE_INTEGER })).toReversed();
}
