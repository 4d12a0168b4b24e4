/** What a sweep found, as it is kept in figures.json. */
export type Figures = Readonly<Record<string, SweepFigures>>;

export interface SweepFigures {
  /** Day of the run, e.g. `2026-11-26`. */
  readonly date: string;
  /** Node, system, processor and load. */
  readonly machine: string;
  readonly rounds: number;
  /** Bytes of the object. */
  readonly size: number;
  readonly write: readonly PointFigures[];
  readonly read: readonly PointFigures[];
}

/** What one way to move the object came to. */
export interface PointFigures {
  /** Bytes of a part; `undefined` for the way that the store does it by default. */
  readonly partSize?: number;
  /** How many parts are under way at once. */
  readonly concurrency?: number;
  /** Milliseconds, the middle one of the rounds. */
  readonly time: number;
}
