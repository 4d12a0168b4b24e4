import { cpus, loadavg, release, type } from 'node:os';

export interface Subject {
  readonly name: string;
  readonly run: () => Promise<void> | void;
}

export interface Measurement {
  readonly name: string;
  /** Milliseconds, sorted. */
  readonly times: readonly number[];
  readonly median: number;
}

/**
 * Times the subjects by turns, so that what else the machine does hits all of them, after one turn that does not count.
 *
 * @param rounds how often each subject is timed; an odd number
 */
export async function measure(subjects: readonly Subject[], rounds: number): Promise<Measurement[]> {
  const measured = subjects.map((subject) => ({ subject, times: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const { subject, times } of measured) {
      const start = performance.now();
      await subject.run();
      if (round > 0) times.push(performance.now() - start);
    }
  }
  return measured.map(({ subject, times }) => {
    const sorted = times.toSorted((a, b) => a - b);
    return { name: subject.name, times: sorted, median: sorted[Math.floor(rounds / 2)] ?? Number.NaN };
  });
}

/** What the numbers of a benchmark depend on, in one line. */
export function machine(): string {
  const load = loadavg()[0]?.toFixed(1);
  return `Node ${process.versions.node}, ${type()} ${release()}, ${cpus().length} x ${cpus()[0]?.model.trim()}, load ${load}`;
}
