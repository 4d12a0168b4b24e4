import type { EngineName } from './engines.ts';
import type { WorkloadName } from './workloads.ts';

/** What runs found, as it is kept in figures.json. */
export interface Figures {
  readonly pipelines?: PipelineFigures;
  readonly types?: TypeFigures;
}

interface Circumstances {
  /** Day of the run, e.g. `2026-11-26`. */
  readonly date: string;
  /** Node, system, processor and load. */
  readonly machine: string;
  readonly rounds: number;
}

export interface PipelineFigures extends Circumstances {
  /** What did the work of each engine. */
  readonly by: { readonly [Name in EngineName]?: string };
  readonly workloads: { readonly [Name in WorkloadName]?: WorkloadFigures };
  readonly memory: MemoryFigures;
  readonly cached: CachedFigures;
}

export interface WorkloadFigures {
  /** Milliseconds a step, of each round. */
  readonly times: { readonly [Name in EngineName]?: readonly number[] };
  /** Why others have none. */
  readonly lacking: { readonly [Name in EngineName]?: string };
}

/** Peak bytes of the process of our engine. */
export interface MemoryFigures {
  /** When it has opened a project. */
  readonly idle: number;
  readonly few: number;
  readonly many: number;
}

/** Milliseconds of each round for a run whose steps are all cached. */
export interface CachedFigures {
  /** The first run of a process, from the call of `run` to its end. */
  readonly first: readonly number[];
  /** The second run of the same process. */
  readonly second: readonly number[];
  /** `stack pipeline run`, from its start to its end. */
  readonly command: readonly number[];
  /** Node with nothing to do. */
  readonly node: readonly number[];
}

/** Milliseconds of each round for a type-check, by project. */
export interface TypeFigures extends Circumstances {
  readonly typescript: string;
  /** A version each, by package. */
  readonly packages: string;
  readonly times: { readonly [Name in TypeProject]: readonly number[] };
}

export const typeProjects = ['ours', 'ours, empty', 'Mastra', 'Mastra, empty'] as const;
export type TypeProject = (typeof typeProjects)[number];
