import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { keptPage, pageFile, readKeptFigures } from './kept-figures.ts';
import { workloadNames } from './pipelines/workloads.ts';

test('docs/benchmarks.md says what the figures say; `npm run bench -- artifact-stores --page` writes it anew', () => {
  expect(readFileSync(pageFile, 'utf8')).toBe(keptPage());
});

test('the figures of artifact stores are of whole stores in full size', () => {
  const stores = Object.values(readKeptFigures('artifact-stores'));
  expect(stores).not.toHaveLength(0);
  for (const { scale, rounds } of stores) {
    expect(scale).toBe(1);
    expect(rounds).toBeGreaterThanOrEqual(5);
  }
});

test('the figures of pipelines are of all workloads', () => {
  const { pipelines } = readKeptFigures('pipelines');
  if (pipelines === undefined) return;
  expect(Object.keys(pipelines.workloads)).toEqual(workloadNames);
  expect(pipelines.rounds).toBeGreaterThanOrEqual(5);
});
