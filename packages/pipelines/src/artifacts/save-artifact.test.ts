import { Readable } from 'node:stream';
import type { NewArtifact } from '@stack/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRunStore } from '../engine/memory-run-store.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import type { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { loadArtifact } from './artifact-content.ts';
import { defineMaterializer } from './materializer.ts';
import { saveArtifact } from './save-artifact.ts';

/** Removes, as a collection does at the worst moment, what is about to be recorded. */
class CollectingRunStore extends MemoryRunStore {
  readonly #artifactStore: MemoryArtifactStore;
  /** How often it still does. */
  collections = 0;

  constructor(artifactStore: MemoryArtifactStore) {
    super({ folder: 'artifacts/own' });
    this.#artifactStore = artifactStore;
  }

  override async saveArtifact(artifact: NewArtifact) {
    if (this.collections-- > 0) {
      for (const path of await this.condemnObjects([artifact.path])) await this.#artifactStore.remove(path);
    }
    return super.saveArtifact(artifact);
  }
}

let artifactStore: MemoryArtifactStore;
let runStore: CollectingRunStore;

beforeEach(async () => {
  ({ artifactStore } = await createTestStack());
  runStore = new CollectingRunStore(artifactStore);
});

describe('what is saved outside a run, and removed as garbage before it is recorded', () => {
  it('is stored again under another name, as often as that happens', async () => {
    runStore.collections = 2;
    const saved = await saveArtifact({ artifactStore, runStore }, 'weights', [1, 2]);
    expect(saved).toMatchObject({ version: 1, path: expect.stringMatching(/-2$/) });
    expect(await loadArtifact(artifactStore, saved)).toEqual([1, 2]);
  });

  it('is an error where it is a stream, which cannot be read again', async () => {
    runStore.collections = 1;
    const save = (value: unknown) => saveArtifact({ artifactStore, runStore }, 'weights', value);
    await expectStackError('ARTIFACT_COLLECTED', () => save(Readable.from(['some bytes'])));
    expect(await runStore.listArtifacts()).toEqual([]);
    const saved = await save(Readable.from(['some bytes']));
    expect(await artifactStore.readText(saved.path)).toBe('some bytes');
  });

  it('is an error where its materializer gives other bytes the second time', async () => {
    runStore.collections = 1;
    const queue = defineMaterializer<string[]>({
      name: 'queue',
      serialize: (values) => values.splice(0).join(),
      deserialize: async (stored) => String(await stored.bytes()).split(','),
    });
    const destination = { artifactStore, runStore, materializers: [queue] };
    const save = () => saveArtifact(destination, 'queue', ['a', 'b'], { materializer: 'queue' });
    await expectStackError('ARTIFACT_COLLECTED', save);
    expect(await runStore.listArtifacts()).toEqual([]);
  });
});
