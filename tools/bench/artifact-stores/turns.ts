import { once } from 'node:events';
import type { OperationName, Operations } from './benched-store.ts';
import { incompressible, largeSource } from './test-bytes.ts';

/** What one turn of an operation has to do. */
export interface Turn {
  /** In the store: what is written goes below it, or what is read lies there. */
  readonly directory: string;
  /** On this disk: what is uploaded lies below it, or what is downloaded goes there. */
  readonly folder: string;
  /** How many objects there are. */
  readonly count: number;
  /** Bytes of each. */
  readonly size: number;
  /** Of each, where it is read. */
  readonly sha256: string;
}

/** Does a turn, and throws where it was not done. */
export async function runTurn<Name extends OperationName>(
  name: Name,
  operation: Operations[Name],
  turn: Turn,
): Promise<void> {
  await turns[name](operation, turn);
}

/** Where a large object of some size lies. */
export function largeKey(directory: string, size: number): string {
  return `${directory}/${size}`;
}

const turns: { readonly [Name in OperationName]: (operation: Operations[Name], turn: Turn) => Promise<void> } = {
  async put(put, { directory, count, size }) {
    const bytes = incompressible(size);
    for (let index = 0; index < count; index++) await put(`${directory}/${index}`, bytes);
  },
  async get(get, { directory, count, size, sha256 }) {
    for (let index = 0; index < count; index++) {
      expectCount(size, (await get(`${directory}/${index}`, sha256)).byteLength, 'bytes');
    }
  },
  async write(write, { directory, size }) {
    await write(largeKey(directory, size), largeSource(size), size);
  },
  async read(read, { directory, size, sha256 }) {
    const stream = await read(largeKey(directory, size), sha256);
    let received = 0;
    stream.on('data', (chunk: Buffer) => {
      received += chunk.byteLength;
    });
    await once(stream, 'end');
    expectCount(size, received, 'bytes');
  },
  async upload(upload, { directory, folder }) {
    await upload(folder, directory);
  },
  async download(download, { directory, folder }) {
    await download(directory, folder);
  },
  async list(list, { directory, count }) {
    expectCount(count, await list(directory), 'keys');
  },
};

function expectCount(expected: number, found: number, what: string): void {
  if (found !== expected) throw new Error(`it gives ${found} of ${expected} ${what}`);
}
