import { expect, test } from 'vitest';
import { type StoreFigures, speedRatio } from './figures.ts';
import { goalResults } from './goals.ts';
import { goalTable, lackingLines, workloadTable } from './tables.ts';

const figures: StoreFigures = {
  date: '2026-11-26',
  machine: 'a machine',
  rounds: 3,
  scale: 1,
  by: {},
  workloads: {
    put: {
      count: 1000,
      size: 4096,
      results: {
        ours: { times: [200, 130, 140] },
        raw: { times: [100, 100, 100] },
        opendal: { times: [140, 140, 70] },
      },
      lacking: { rclone: 'too many', flydrive: 'it failed', unstorage: 'it failed' },
    },
    write: {
      count: 1,
      size: 1e9,
      results: {
        ours: { times: [1000, 1000, 1000], memory: 30e6 },
        raw: { times: [950, 900, 800], memory: 5e6 },
        'ours, digest on': { times: [2000, 2000, 2000], memory: 9e6 },
        'raw + sha256': { times: [1700, 1700, 1700], memory: 1e6 },
        rclone: { times: [500, 500, 500], memory: 1 },
      },
      lacking: {},
    },
  },
};

test('ratios are those of the rounds, of which the middle one counts', () => {
  expect(speedRatio({ times: [10, 20, 40] }, { times: [20, 30, 20] })).toEqual({
    median: 1.5,
    least: 0.5,
    greatest: 2,
  });
});

test('a table tells the middle time, the range, and the speed against the baseline', () => {
  expect(workloadTable('put', figures.workloads.put as never).split('\n')).toEqual([
    '|         | µs an object | best to worst | speed against raw   |',
    '| ------- | ------------ | ------------- | ------------------- |',
    '| ours    | 140          | 130 to 200    | 0.71 (0.50 to 0.77) |',
    '| raw     | 100          | 100 to 100    | 1                   |',
    '| opendal | 140          | 70 to 140     | 0.71 (0.71 to 1.43) |',
  ]);
});

test('a table of large objects tells bytes in a second, and memory where it is that of the contender', () => {
  expect(
    workloadTable('write', figures.workloads.write as never)
      .split('\n')
      .slice(2),
  ).toEqual([
    '| ours            | 1,000 | 1,000 to 1,000 | 0.90 (0.80 to 0.95) | 30 MB  |',
    '| raw             | 1,110 | 1,250 to 1,050 | 1                   | 5 MB   |',
    '| ours, digest on | 500   | 500 to 500     | 0.85 (0.85 to 0.85) | 9 MB   |',
    '| raw + sha256    | 588   | 588 to 588     | 1                   | 1 MB   |',
    '| rclone          | 2,000 | 2,000 to 2,000 | 1.80 (1.60 to 1.90) |        |',
  ]);
});

test('what has no figures is told with its reason, once for each', () => {
  expect(lackingLines(figures.workloads.put as never)).toEqual(['rclone: too many', 'flydrive, unstorage: it failed']);
});

test('goals are met or missed by the middle ratio', () => {
  const results = goalResults('local-fsync', figures).map(({ operation, quantity, other, ratio, isMet }) => [
    `${operation}: ${quantity} against ${other}`,
    Number(ratio.toFixed(2)),
    isMet,
  ]);
  expect(results).toEqual([
    ['put: time against raw', 1.4, false],
    ['put: speed against opendal', 0.7, false],
    ['write: speed against raw', 0.9, true],
    ['write: speed against raw + sha256', 0.85, false],
    ['write: memory against raw', 3, false],
    // What is less than 10 MB counts as so much.
    ['write: memory against raw + sha256', 1, true],
  ]);
  expect(goalTable('local-fsync', figures)).toMatch(
    /4 KiB put +\| time of ours <= 1.3 x raw +\| 1.40 +\| \*\*missed\*\* \|/,
  );
  expect(goalTable('local-fsync', figures)).toMatch(/speed of ours >= 0.9 x raw +\| 0.90 +\| met +\|/);
});

test('the goal of a store in a cloud is its own', () => {
  expect(goalResults('minio', figures)).toContainEqual(expect.objectContaining({ operation: 'write', limit: 0.95 }));
  expect(goalResults('azure', figures)).toContainEqual(expect.objectContaining({ operation: 'write', limit: 0.9 }));
});
