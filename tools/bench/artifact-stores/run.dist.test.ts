import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type { ContenderName } from './contenders.ts';
import { benchmarkStore } from './run.ts';
import { isLarge, workloadNames } from './workloads.ts';

const folder = mkdtempSync(join(tmpdir(), 'stack-bench-test-'));

afterAll(() => rmSync(folder, { recursive: true }));

test('everything is measured on a folder, with a few bytes, and nothing is left behind', async () => {
  vi.stubEnv('TMPDIR', folder);
  const lines: string[] = [];
  const figures = await benchmarkStore('local', {
    workloads: workloadNames,
    scale: 0.005,
    rounds: 1,
    report: (line) => lines.push(line),
  });
  expect(lines).toHaveLength(workloadNames.length);
  expect(figures).toMatchObject({ rounds: 1, scale: 0.005 });
  const measured = Object.entries(figures.workloads).map(([operation, { count, size, results }]) => [
    operation,
    { count, size, contenders: Object.keys(results).filter((name) => name !== 'rclone') },
  ]);
  const all: ContenderName[] = ['ours', 'raw', 'ours, digest on', 'raw + sha256', 'flydrive', 'unstorage', 'opendal'];
  const withStreams = all.filter((name) => name !== 'unstorage');
  const withoutDigest: ContenderName[] = ['ours', 'raw', 'flydrive', 'unstorage', 'opendal'];
  expect(Object.fromEntries(measured)).toEqual({
    put: { count: 5, size: 4096, contenders: all },
    get: { count: 5, size: 4096, contenders: all },
    write: { count: 1, size: 5_368_709, contenders: withStreams },
    read: { count: 1, size: 5_368_709, contenders: withStreams },
    upload: { count: 5, size: 4096, contenders: withoutDigest },
    download: { count: 5, size: 4096, contenders: withoutDigest },
    list: { count: 50, size: 1, contenders: withoutDigest },
  });
  for (const operation of workloadNames) {
    const rounds = Object.values(figures.workloads[operation]?.results ?? {}).map(({ times }) => times.length);
    expect(new Set(rounds)).toEqual(new Set([isLarge(operation) ? 1 : 3]));
  }
  expect(figures.workloads.put?.lacking.rclone).toBeDefined();
  expect(figures.workloads.write?.lacking.unstorage).toBe('it has no streams');
  expect(figures.workloads.write?.results.ours?.memory).toBeGreaterThanOrEqual(0);
  expect(figures.by.flydrive).toMatch(/^flydrive \d/);
  expect(readdirSync(folder)).toEqual([]);
}, 120_000);
