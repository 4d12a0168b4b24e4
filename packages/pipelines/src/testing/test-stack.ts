import { createStack, type Stack } from '@stack/core';
import { MemoryArtifactStore } from './memory-artifact-store.ts';
import { TestOrchestrator } from './test-orchestrator.ts';

/** A stack in memory, and its artifact store as what it is. */
export async function createTestStack(
  orchestrator = new TestOrchestrator(),
): Promise<{ readonly stack: Stack; readonly artifactStore: MemoryArtifactStore }> {
  const artifactStore = new MemoryArtifactStore();
  return { stack: await createStack({ name: 'test', orchestrator, artifactStore }), artifactStore };
}
