import type { ArtifactStore } from '../../../packages/core/src/index.ts';
import { openArtifactStore } from '../artifact-stores/contenders/ours.ts';
import { type StoreName, stores } from '../artifact-stores/stores.ts';
import { largeSource } from '../artifact-stores/test-bytes.ts';
import { machine, measure, type Subject } from '../measure.ts';
import type { PointFigures, SweepFigures } from './figures.ts';

const mebibyte = 1024 * 1024;
const partSizes = [8, 16, 32].map((count) => count * mebibyte);
/** So many parts are under way at once. */
export const concurrencies: readonly number[] = [1, 2, 4, 8];

interface Sweep {
  /** Bytes of the object: fewer where the server is slow. */
  readonly size: number;
  /** How many parts may be under way at once in a write. */
  readonly writers: readonly number[];
  /** The fields of the config that say so. */
  config(partSize: number, concurrency: number): Readonly<Record<string, unknown>>;
}

/** The stores whose objects go in parts. */
const sweeps = {
  minio: {
    size: 256 * mebibyte,
    writers: concurrencies,
    config: (partSize, partConcurrency) => ({ partSize, partConcurrency }),
  },
  azure: {
    size: 128 * mebibyte,
    writers: concurrencies,
    config: (blockSize, blockConcurrency) => ({ blockSize, blockConcurrency }),
  },
  // Cloud Storage takes the chunks of an upload one after the other.
  gcs: { size: 128 * mebibyte, writers: [1], config: (chunkSize) => ({ chunkSize }) },
} satisfies { readonly [Name in StoreName]?: Sweep };

export type SweptStore = keyof typeof sweeps;

export const sweptStores = Object.keys(sweeps) as readonly SweptStore[];

interface Point {
  readonly partSize?: number;
  readonly concurrency?: number;
  readonly store: ArtifactStore;
}

/** Moves one object in parts of several sizes, so many at once, and as the store does by default. */
export async function sweepStore(name: SweptStore, rounds: number): Promise<SweepFigures> {
  const { size, writers, config }: Sweep = sweeps[name];
  await using started = await stores[name].start();
  await using opened = new AsyncDisposableStack();
  const open = async (settings: Readonly<Record<string, unknown>>) =>
    opened.use(await openArtifactStore(started.place, settings));
  const points: Point[] = [{ store: await open({}) }];
  for (const partSize of partSizes) {
    for (const concurrency of concurrencies) {
      points.push({ partSize, concurrency, store: await open(config(partSize, concurrency)) });
    }
  }
  const write = async ({ store }: Point) => void (await store.write('object', largeSource(size)));
  const written = await timed(
    points.filter(({ concurrency }) => concurrency === undefined || writers.includes(concurrency)),
    write,
    rounds,
  );
  const read = await timed(points, (point) => readObject(point, size), rounds);
  return { date: new Date().toISOString().slice(0, 10), machine: machine(), rounds, size, write: written, read };
}

async function timed(
  points: readonly Point[],
  move: (point: Point) => Promise<void>,
  rounds: number,
): Promise<PointFigures[]> {
  const subjects = points.map((point): Subject => ({ name: '', run: () => move(point) }));
  const found = await measure(subjects, rounds);
  return points.map(({ store: _, ...point }, index) => ({
    ...point,
    time: Math.round(found[index]?.median ?? Number.NaN),
  }));
}

/** Reads the object in parts, in order, so many of them ahead as are under way at once. */
async function readObject({ store, partSize, concurrency = 1 }: Point, size: number): Promise<void> {
  let received = 0;
  if (partSize === undefined) {
    for await (const chunk of await store.openRead('object')) received += (chunk as Buffer).byteLength;
  } else {
    const underWay: Promise<Buffer>[] = [];
    for (let start = 0; start < size || underWay.length > 0; start += partSize) {
      if (start < size) underWay.push(store.read('object', { start, end: Math.min(start + partSize, size) }));
      if (underWay.length === concurrency || start >= size) received += (await underWay.shift())?.byteLength ?? 0;
    }
  }
  if (received !== size) throw new Error(`it gives ${received} of ${size} bytes`);
}
