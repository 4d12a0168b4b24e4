/** How the steps of a pipeline hang together. */
export type Shape =
  /** Each takes the value of the one before it. */
  | 'chain'
  /** None waits for another. */
  | 'fan-out'
  /** One step is run for each item of a list. */
  | 'map';

/**
 * Runs the pipeline once, on values that nothing was run on before, and gives the greatest of them: `seed` and the number
 * of the steps of a chain, each of which adds 1. Of other shapes it adds 1 to the greatest of so many numbers from `seed` on.
 */
export type RunPipeline = (seed: number) => Promise<number>;

/** Something that runs steps which do nothing, and keeps what each of them gave. */
export interface BenchedEngine extends AsyncDisposable {
  /** What does the work. */
  readonly by: string;
  /** Makes a pipeline of so many steps; gives why there is none of that shape. */
  prepare(shape: Shape, steps: number): Promise<RunPipeline | string>;
  /** Runs a pipeline that has run before, on the same values. */
  runCached?(): Promise<void>;
}

/** Where an engine keeps its state. It is sent to another process, so it is plain data. */
export interface EnginePlace {
  /** Empty, and nobody else's. */
  readonly folder: string;
  /** Of the server that it needs. */
  readonly url?: string | undefined;
  /** Of the same server: where it is told what to run. */
  readonly adminUrl?: string | undefined;
}
