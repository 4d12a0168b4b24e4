import type { OperationName } from './benched-store.ts';

/** How much there is to do in one turn. */
export interface Amount {
  /** How many objects there are. */
  readonly count: number;
  /** Bytes of each. */
  readonly size: number;
}

export interface Workload {
  readonly title: string;
  /** In what its times are told. */
  readonly unit: 'µs an object' | 'MB/s' | 'ms';
  /** @param scale of the sizes in full; small objects stay as they are, and are fewer */
  amount(scale: number, smallObjects: number): Amount;
}

const small = 4096;
const large = 1024 ** 3;

/** What is timed, by the operation that does it. */
export const workloads: { readonly [Name in OperationName]: Workload } = {
  put: { title: '4 KiB put', unit: 'µs an object', amount: smallObjects },
  get: { title: '4 KiB get', unit: 'µs an object', amount: smallObjects },
  write: { title: '1 GiB written as a stream', unit: 'MB/s', amount: largeObject },
  read: { title: '1 GiB read as a stream', unit: 'MB/s', amount: largeObject },
  upload: {
    title: '1,000 files of 4 KiB up',
    unit: 'ms',
    amount: (scale) => ({ count: scaled(1000, scale), size: small }),
  },
  download: {
    title: '1,000 files of 4 KiB down',
    unit: 'ms',
    amount: (scale) => ({ count: scaled(1000, scale), size: small }),
  },
  list: { title: '10,000 keys listed', unit: 'ms', amount: (scale) => ({ count: scaled(10_000, scale), size: 1 }) },
};

/** Whether it moves one large object, so that its memory tells something. */
export function isLarge(operation: OperationName): boolean {
  return operation === 'write' || operation === 'read';
}

/** How often a workload is timed. Small objects differ more from round to round, and take less time. */
export function roundsOf(operation: OperationName, rounds: number): number {
  return isLarge(operation) ? rounds : 2 * rounds + 1;
}

export const workloadNames = Object.keys(workloads) as readonly OperationName[];

function smallObjects(scale: number, smallObjects: number): Amount {
  return { count: scaled(smallObjects, scale), size: small };
}

function largeObject(scale: number): Amount {
  return { count: 1, size: scaled(large, scale) };
}

function scaled(count: number, scale: number): number {
  return Math.max(1, Math.round(count * scale));
}
