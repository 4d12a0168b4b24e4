import { setImmediate as nextTurn } from 'node:timers/promises';
import { createComponent, defineFlavor, type ListEntry, type ListRequest } from '@stack/core';
import { expect, it } from 'vitest';
import { memoryArtifactStoreConfigSchema } from '../../memory-artifact-store/config.ts';
import MemoryArtifactStore from '../../memory-artifact-store/implementation.ts';
import { checkArtifactStore } from '../test-artifact-store.ts';

let writes = 0;

/** Lists in no order, and takes a turn of the event loop for each write. */
class UnorderedStore extends MemoryArtifactStore {
  protected override async doWrite(...request: Parameters<MemoryArtifactStore['doWrite']>) {
    writes++;
    await nextTurn();
    return super.doWrite(...request);
  }

  protected override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    const entries: ListEntry[] = [];
    for await (const entry of super.doList(key, request)) entries.unshift(entry);
    yield* entries;
  }
}

const unorderedFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'unordered',
  configSchema: memoryArtifactStoreConfigSchema,
  implementation: async () => ({ default: UnorderedStore }),
});

it('nobody writes on after a case that failed while others wrote', async () => {
  const create = () => createComponent(unorderedFlavor, { name: 'unordered', config: { path: 'memory://a' } });
  const name = 'a listing gives every object that is there all the while others write and remove';
  const results = await checkArtifactStore({ name: 'unordered', create }, { cases: [name] });
  expect(results).toMatchObject([{ name, outcome: 'failed' }]);
  const before = writes;
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  expect(writes).toBe(before);
});
