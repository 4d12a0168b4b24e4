import { median } from '../measure.ts';
import type { OperationName } from './benched-store.ts';
import type { ContenderName } from './contenders.ts';
import type { StoreName } from './stores.ts';
import type { Amount } from './workloads.ts';

/** What a run found, as it is kept in figures.json. */
export type Figures = { readonly [Name in StoreName]?: StoreFigures };

export interface StoreFigures {
  /** Day of the run, e.g. `2026-11-26`. */
  readonly date: string;
  /** Node, system, processor and load. */
  readonly machine: string;
  /** Of large objects: each of the results tells how many it had. */
  readonly rounds: number;
  /** Share of the full sizes. */
  readonly scale: number;
  /** What did the work of each contender. */
  readonly by: { readonly [Name in ContenderName]?: string };
  readonly workloads: { readonly [Name in OperationName]?: WorkloadFigures };
}

export interface WorkloadFigures extends Amount {
  readonly results: { readonly [Name in ContenderName]?: ContenderFigures };
  /** Why others have none. */
  readonly lacking: { readonly [Name in ContenderName]?: string };
}

export interface ContenderFigures {
  /** Milliseconds of each round. */
  readonly times: readonly number[];
  /** Bytes that its process held at most, beyond those that it needed for an object of 4 KiB. For large objects. */
  readonly memory?: number | undefined;
}

/** A ratio in each round, of which the middle one counts. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

/** How many times as fast as another one something was: the rounds are compared one by one. */
export function speedRatio(subject: ContenderFigures, other: ContenderFigures): Ratio {
  const ratios = subject.times.map((time, round) => (other.times[round] ?? Number.NaN) / time);
  return { median: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios) };
}
