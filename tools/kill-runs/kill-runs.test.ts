import { expect, test } from 'vitest';
import { killRuns } from './kill-runs.ts';

const isLong = process.env.STACK_TEST_LONG === '1';
const kills = isLong ? 500 : 25;

test(
  `runs whose processes are killed or stopped ${kills} times go on, commit every step once, and lose nothing`,
  async () => {
    const report = await killRuns({ kills });
    expect(report.problems).toEqual([]);
    expect(report.kills + report.stops).toBe(kills);
    expect(report.stops).toBeGreaterThan(0);
    expect(report.repeatedCalls).toBeGreaterThan(0);
  },
  isLong ? 60 * 60_000 : 5 * 60_000,
);

test(
  'the same holds where some of the steps have processes of their own',
  async () => {
    const report = await killRuns({ kills: isLong ? 60 : 8, processSteps: true });
    expect(report.problems).toEqual([]);
    expect(report.processCalls).toBeGreaterThan(0);
  },
  isLong ? 30 * 60_000 : 5 * 60_000,
);
