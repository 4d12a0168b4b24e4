import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { ArtifactStore, ObjectStat } from '@stack/core';
import { chunks, inParts, megabyte, settlingTime } from './chunks.ts';

/** Bytes of an object of which `halfWritten` has begun the write. */
export const sizeOfHalfWritten = megabyte + 10;

/** Begins to write an object. Most of it has had the time to come to the backend; the rest is sent by what this gives. */
export async function halfWritten(store: ArtifactStore, key: string): Promise<() => Promise<ObjectStat>> {
  const { promise: half, resolve: isHalfWritten } = Promise.withResolvers<void>();
  const { promise: goOn, resolve: finish } = Promise.withResolvers<void>();
  const writing = store.write(
    key,
    (async function* () {
      yield randomBytes(megabyte);
      isHalfWritten();
      await goOn;
      yield randomBytes(sizeOfHalfWritten - megabyte);
    })(),
  );
  // Whoever goes on with it learns of it, and nobody does where something else fails before.
  writing.catch(() => {});
  await Promise.race([half, writing]);
  await delay(settlingTime);
  return () => {
    finish();
    return writing;
  };
}

/** Reads an object again and again while it is written: it always is one of its versions, as a whole. */
export async function readDuringWrites(writer: ArtifactStore, reader: ArtifactStore): Promise<void> {
  const versions = ['a', 'b', 'c'].map((letter) => Buffer.alloc(megabyte, letter));
  await writer.write('a', versions[0] ?? '');
  let isWriting = true;
  const writing = (async () => {
    for (const version of [...versions, ...versions]) await writer.write('a', chunks(inParts(version, 50_000), true));
  })().finally(() => {
    isWriting = false;
  });
  // Looked at below, and not to be missed when a read fails before.
  writing.catch(() => {});
  let reads = 0;
  while (isWriting) {
    const bytes = await reader.read('a');
    const isWhole = versions.some((version) => version.equals(bytes));
    assert.ok(isWhole, `a reader saw ${bytes.length} bytes that nobody wrote`);
    reads++;
    await nextTurn();
  }
  await writing;
  assert.ok(reads > 0);
}
