import { type ArtifactRecord, StackError } from '@stack/core';
import { describe, expect, it } from 'vitest';
import { storeArtifact } from '../artifacts/artifact-content.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { verifyArtifacts } from './verify-artifacts.ts';

/** Artifacts of these texts in a store. */
async function storeTexts(texts: readonly string[]) {
  const store = new MemoryArtifactStore();
  const artifacts: ArtifactRecord[] = [];
  for (const text of texts) {
    const origin = { name: text.slice(0, 10), runId: 'run', step: 'write', output: 'output' };
    artifacts.push({ ...(await storeArtifact(store, text, [], origin)), version: 1 });
  }
  const change = (index: number, bytes: (before: Buffer) => Buffer | undefined) => {
    const path = artifacts[index]?.path ?? '';
    const object = store.objects.get(path);
    const changed = object === undefined ? undefined : bytes(object.bytes);
    if (object === undefined || changed === undefined) store.objects.delete(path);
    else object.bytes = changed;
    return path;
  };
  return {
    store,
    artifacts,
    change,
    verify: (remove = false) => verifyArtifacts(artifacts, { openStore: async () => store, remove }),
  };
}

describe('verifyArtifacts', () => {
  it('reads every byte once, and finds nothing wrong where nothing is', async () => {
    const { verify } = await storeTexts(['one', 'two', 'one', '', 'x'.repeat(3_000_000)]);
    expect(await verify()).toEqual({ artifacts: 5, objects: 4, bytes: 3_000_006, damaged: [], unreachable: [] });
  });

  it('finds a flipped bit, a tail that is cut, one that is grown, and what is missing', async () => {
    const { verify, change, artifacts } = await storeTexts(['flipped', 'cut off', 'grown', 'missing', 'whole']);
    const flipped = change(0, (bytes) => Buffer.from(bytes.map((byte, index) => (index === 3 ? byte ^ 1 : byte))));
    const cut = change(1, (bytes) => bytes.subarray(0, 3));
    const grown = change(2, (bytes) => Buffer.concat([bytes, bytes]));
    const missing = change(3, () => undefined);
    const { damaged, objects, unreachable } = await verify();
    expect(objects).toBe(5);
    expect(unreachable).toEqual([]);
    const byPath = (a: { readonly path: string }, b: { readonly path: string }) => (a.path < b.path ? -1 : 1);
    const expected = [
      { artifact: artifacts[0], path: flipped, state: 'damaged', problem: expect.stringMatching(/^has the digest/) },
      { artifact: artifacts[1], path: cut, state: 'damaged', problem: 'has 3 bytes, and 7 were written' },
      { artifact: artifacts[2], path: grown, state: 'damaged', problem: 'has 10 bytes, and 5 were written' },
      { artifact: artifacts[3], path: missing, state: 'missing', problem: 'is gone' },
    ];
    expect(damaged.toSorted(byPath)).toEqual(expected.toSorted(byPath));
  });

  it('removes objects whose bytes are wrong where that is asked for, and nothing else', async () => {
    const { verify, change, store } = await storeTexts(['flipped', 'missing', 'whole']);
    const flipped = change(0, (bytes) => Buffer.from(bytes.toReversed()));
    const missing = change(1, () => undefined);
    const states = async (remove: boolean) =>
      new Map((await verify(remove)).damaged.map(({ path, state }) => [path, state]));
    expect(await states(false)).toEqual(
      new Map([
        [flipped, 'damaged'],
        [missing, 'missing'],
      ]),
    );
    expect(await states(true)).toEqual(
      new Map([
        [flipped, 'removed'],
        [missing, 'missing'],
      ]),
    );
    expect(await states(true)).toEqual(
      new Map([
        [flipped, 'missing'],
        [missing, 'missing'],
      ]),
    );
    expect(store.objects.size).toBe(1);
  });

  it('reads what an artifact is made of and shown by, too', async () => {
    const { artifacts, store, change } = await storeTexts(['folder', 'file', 'view']);
    const [folder, file, view] = artifacts as [ArtifactRecord, ArtifactRecord, ArtifactRecord];
    const page = { ...view, name: 'page', type: 'html', mediaType: 'text/html' } as const;
    const composed = [{ ...folder, contents: [file], visualizations: [page] }];
    const verify = () => verifyArtifacts(composed, { openStore: async () => store });
    expect(await verify()).toMatchObject({ artifacts: 1, objects: 3, damaged: [] });
    const paths = [change(1, () => undefined), change(2, (bytes) => bytes.subarray(1))];
    expect((await verify()).damaged.map(({ path }) => path).toSorted()).toEqual(paths.toSorted());
  });

  it('tells a store that does not answer from damage, and asks it no more', async () => {
    const { artifacts, store } = await storeTexts(Array.from({ length: 100 }, (_, index) => `text ${index}`));
    const elsewhere = artifacts.map((artifact) => ({ ...artifact, store: { ...artifact.store, component: 'away' } }));
    const error = new StackError({ code: 'UNAVAILABLE', message: 'nobody answers' });
    let opened = 0;
    const verification = await verifyArtifacts([...elsewhere, ...artifacts], {
      openStore: async ({ component }) => {
        if (component !== 'away') return store;
        opened++;
        throw error;
      },
    });
    expect(verification).toMatchObject({ artifacts: 200, objects: 100, damaged: [] });
    expect(verification.unreachable).toEqual([{ store: elsewhere[0]?.store, error, objects: 100 }]);
    expect(opened).toBe(1);
  });

  it('ends when it is cancelled', async () => {
    const { artifacts, store } = await storeTexts(['one', 'two']);
    const reason = new Error('enough');
    const verifying = verifyArtifacts(artifacts, { openStore: async () => store, signal: AbortSignal.abort(reason) });
    await expect(verifying).rejects.toBe(reason);
  });
});
