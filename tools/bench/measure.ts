import { cpus, loadavg, release, type } from 'node:os';

export interface Subject {
  readonly name: string;
  readonly run: () => Promise<void> | void;
  /** Called after each turn, and not timed. */
  readonly cleanUp?: () => Promise<void>;
}

export interface Measurement {
  readonly name: string;
  /** Milliseconds, in the order of the rounds. */
  readonly times: readonly number[];
  readonly median: number;
}

/**
 * Times the subjects by turns, so that what else the machine does hits all of them, after one turn that does not count.
 *
 * @param rounds how often each subject is timed; an odd number
 */
export async function measure(subjects: readonly Subject[], rounds: number): Promise<Measurement[]> {
  for (const { run, cleanUp } of subjects) {
    await run();
    await cleanUp?.();
  }
  return measureWarm(subjects, rounds);
}

/** The same for subjects that have had a turn that does not count. */
export async function measureWarm(subjects: readonly Subject[], rounds: number): Promise<Measurement[]> {
  const measured = subjects.map((subject) => ({ subject, times: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    // Every other round backwards: what one leaves behind, such as writes of the disk, hits not always the same one.
    for (const { subject, times } of round % 2 === 0 ? measured : measured.toReversed()) {
      const start = performance.now();
      await subject.run();
      times.push(performance.now() - start);
      await subject.cleanUp?.();
    }
  }
  return measured.map(({ subject, times }) => ({ name: subject.name, times, median: median(times) }));
}

/** The middle one of an odd number of values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** What the numbers of a benchmark depend on, in one line. */
export function machine(): string {
  const load = loadavg()[0]?.toFixed(1);
  return `Node ${process.versions.node}, ${type()} ${release()}, ${cpus().length} x ${cpus()[0]?.model.trim()}, load ${load}`;
}
