import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, runTool } from '../build/run-command.ts';
import type { Figures as StoreFigures } from './artifact-stores/figures.ts';
import { benchmarkPage } from './benchmark-page.ts';
import type { Figures as PartSizeFigures } from './part-sizes/figures.ts';
import type { Figures as PipelineFigures } from './pipelines/figures.ts';

/** What docs/benchmarks.md is made of, by the folder of its benchmark. */
export interface KeptFigures {
  readonly 'artifact-stores': StoreFigures;
  readonly 'part-sizes': PartSizeFigures;
  readonly pipelines: PipelineFigures;
}

export const pageFile = join(repositoryRoot, 'docs/benchmarks.md');

export function readKeptFigures<Name extends keyof KeptFigures>(name: Name): KeptFigures[Name] {
  return JSON.parse(readFileSync(figuresFile(name), 'utf8')) as KeptFigures[Name];
}

/** Keeps the figures of a benchmark, and writes the page anew. */
export function keepFigures<Name extends keyof KeptFigures>(name: Name, figures: KeptFigures[Name]): void {
  const file = figuresFile(name);
  writeFileSync(file, JSON.stringify(figures));
  runTool('@biomejs/biome', ['format', '--write', file], repositoryRoot, 2);
  writePage();
}

/** Writes docs/benchmarks.md anew from all that is kept. */
export function writePage(): void {
  writeFileSync(pageFile, keptPage());
  console.error(`wrote ${pageFile}`);
}

/** The page as it is to be. */
export function keptPage(): string {
  return benchmarkPage({
    'artifact-stores': readKeptFigures('artifact-stores'),
    'part-sizes': readKeptFigures('part-sizes'),
    pipelines: readKeptFigures('pipelines'),
  });
}

function figuresFile(name: keyof KeptFigures): string {
  return join(import.meta.dirname, name, 'figures.json');
}
