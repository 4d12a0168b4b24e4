import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../build/run-command.ts';
import { benchmarkPage } from './benchmark-page.ts';
import type { Figures } from './figures.ts';

const figures = JSON.parse(readFileSync(join(import.meta.dirname, 'figures.json'), 'utf8')) as Figures;

test('docs/benchmarks.md says what the figures say; `npm run bench -- artifact-stores --page` writes it anew', () => {
  expect(readFileSync(join(repositoryRoot, 'docs/benchmarks.md'), 'utf8')).toBe(benchmarkPage(figures));
});

test('the figures are of whole stores in full size', () => {
  expect(Object.values(figures)).not.toHaveLength(0);
  for (const { scale, rounds } of Object.values(figures)) {
    expect(scale).toBe(1);
    expect(rounds).toBeGreaterThanOrEqual(5);
  }
});
