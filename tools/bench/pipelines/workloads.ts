import type { Shape } from './benched-engine.ts';
import type { EngineName } from './engines.ts';

export interface Workload {
  readonly shape: Shape;
  readonly steps: number;
  /** How often the pipeline runs in one turn, so that a turn is not over too soon to be timed. */
  readonly runs: number;
  readonly engines: readonly EngineName[];
}

const own = ['ours', 'ours, FULL', 'ours, all synced'] as const;
const others = ['Mastra', 'DBOS', 'Restate'] as const;

/** What is timed. Others run what they can in the time that there is: what takes Mastra longer grows with the square of the steps. */
export const workloads = {
  'chain of 50': { shape: 'chain', steps: 50, runs: 10, engines: [...own, ...others] },
  'chain of 800': { shape: 'chain', steps: 800, runs: 1, engines: [...own, ...others] },
  'chain of 5,000': { shape: 'chain', steps: 5_000, runs: 1, engines: ['ours'] },
  'fan-out of 50': { shape: 'fan-out', steps: 50, runs: 10, engines: ['ours', 'ours, FULL'] },
  'fan-out of 800': { shape: 'fan-out', steps: 800, runs: 1, engines: ['ours', 'ours, FULL'] },
  'fan-out of 5,000': { shape: 'fan-out', steps: 5_000, runs: 1, engines: ['ours'] },
} satisfies Readonly<Record<string, Workload>>;

export type WorkloadName = keyof typeof workloads;

export const workloadNames = Object.keys(workloads) as readonly WorkloadName[];

export function workload(name: WorkloadName): Workload {
  return workloads[name];
}

/** Items that a step is mapped over, to see how the memory of the process grows. */
export const itemCounts = { few: 1_000, many: 10_000 } as const;
