import { spawnSync } from 'node:child_process';
import type { Measurement } from './measure.ts';

/** Runs Node to its end in a folder, which is its home too. */
export function runNode(folder: string, nodeArguments: readonly string[]): void {
  // Nothing of the caller's environment, such as NODE_OPTIONS, is measured with it.
  const env = { HOME: folder, PATH: process.env.PATH };
  const { status, stdout, stderr } = spawnSync(process.execPath, nodeArguments, {
    cwd: folder,
    env,
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  });
  if (status !== 0) throw new Error(`node ${nodeArguments.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

/** Prints the times, and how many times as long as the first each took. */
export function reportAgainst(
  [first, ...others]: readonly Measurement[],
  { rounds, goal, baseline }: { readonly rounds: number; readonly goal: number; readonly baseline: string },
): void {
  if (first === undefined) return;
  console.log(`Wall time in ms, ${rounds} runs each, by turns`);
  console.table(
    Object.fromEntries(
      [first, ...others].map(({ name, times, median }) => [
        name,
        {
          median: round(median),
          fastest: round(Math.min(...times)),
          slowest: round(Math.max(...times)),
          [`x ${baseline}`]: round(median / first.median),
          [`goal <= ${goal}`]: name === first.name ? '' : median / first.median <= goal ? 'met' : 'missed',
        },
      ]),
    ),
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
