import type { OperationName } from './benched-store.ts';
import type { ContenderName } from './contenders.ts';
import { type StoreFigures, speedRatio, type WorkloadFigures } from './figures.ts';
import { type StoreEntry, type StoreName, stores } from './stores.ts';
import { isLarge } from './workloads.ts';

/** What one of ours is to reach against another contender. */
export interface Goal {
  readonly operation: OperationName;
  readonly subject: 'ours' | 'ours, digest on';
  readonly other: ContenderName;
  /** Of speed at least the limit, of time and memory at most. */
  readonly quantity: 'speed' | 'time' | 'memory';
  readonly limit: number;
}

export interface GoalResult extends Goal {
  readonly ratio: number;
  readonly isMet: boolean;
}

/** What the figures of a store say of its goals. */
export function goalResults(store: StoreName, figures: StoreFigures): GoalResult[] {
  return goalsOf(store).flatMap((goal) => {
    const measured = figures.workloads[goal.operation];
    const ratio = measured && ratioOf(goal, measured);
    if (ratio === undefined) return [];
    return [{ ...goal, ratio, isMet: goal.quantity === 'speed' ? ratio >= goal.limit : ratio <= goal.limit }];
  });
}

/** Bytes by which the memory of a process differs from run to run: less counts as so much. */
export const leastMemory = 10_000_000;

const peers = ['flydrive', 'unstorage'] as const;

function goalsOf(store: StoreName): Goal[] {
  const entry: StoreEntry = stores[store];
  return entry.workloads.flatMap((operation): Goal[] => {
    const ours = { operation, subject: 'ours' } as const;
    const digest = { operation, subject: 'ours, digest on', other: 'raw + sha256' } as const;
    if (operation === 'upload' || operation === 'download') {
      return peers.map((other) => ({ ...ours, other, quantity: 'speed', limit: 1 }));
    }
    const goals: Goal[] = [
      { ...ours, other: 'raw', ...(smallAndLocal(store, operation) ?? { quantity: 'speed', limit: entry.speedGoal }) },
    ];
    if (operation !== 'list') goals.push({ ...digest, quantity: 'speed', limit: 0.9 });
    if (isLarge(operation)) {
      goals.push(
        { ...ours, other: 'raw', quantity: 'memory', limit: 1.2 },
        { ...digest, quantity: 'memory', limit: 1.2 },
      );
    }
    if (store === 'local-fsync' && operation === 'put') {
      goals.push({ ...ours, other: 'opendal', quantity: 'speed', limit: 1 });
    }
    return goals;
  });
}

/** A small file is soon written: what makes it safe weighs more. */
function smallAndLocal(store: StoreName, operation: OperationName): Pick<Goal, 'quantity' | 'limit'> | undefined {
  if (store !== 'local' && store !== 'local-fsync') return undefined;
  if (operation === 'put') return { quantity: 'time', limit: 1.3 };
  if (operation === 'get') return { quantity: 'time', limit: 1.5 };
  return undefined;
}

function ratioOf({ subject, other, quantity }: Goal, { results }: WorkloadFigures): number | undefined {
  const [ours, theirs] = [results[subject], results[other]];
  if (ours === undefined || theirs === undefined) return undefined;
  if (quantity === 'speed') return speedRatio(ours, theirs).median;
  if (quantity === 'time') return speedRatio(theirs, ours).median;
  if (ours.memory === undefined || theirs.memory === undefined) return undefined;
  return Math.max(ours.memory, leastMemory) / Math.max(theirs.memory, leastMemory);
}
