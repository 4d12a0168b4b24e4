import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, runTool } from '../build/run-command.ts';
import { benchmarkPage } from './artifact-stores/benchmark-page.ts';
import type { Figures, StoreFigures } from './artifact-stores/figures.ts';
import { type BenchmarkOptions, parseOptions, usage } from './artifact-stores/options.ts';
import { benchmarkStore } from './artifact-stores/run.ts';
import { type StoreName, stores } from './artifact-stores/stores.ts';
import { goalTable, lackingLines, workloadTable } from './artifact-stores/tables.ts';
import { workloadNames, workloads } from './artifact-stores/workloads.ts';

const figuresFile = join(import.meta.dirname, 'artifact-stores/figures.json');
const pageFile = join(repositoryRoot, 'docs/benchmarks.md');

/** Our artifact stores beside what their vendors' SDKs do alone, and beside other libraries. */
export default async function benchmarkArtifactStores(commandArguments: readonly string[]): Promise<void> {
  let options: BenchmarkOptions;
  try {
    options = parseOptions(commandArguments);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (options.page) return writePage(readFigures());
  const found = await measureStores(options);
  if (options.json) console.log(JSON.stringify(found, undefined, 2));
}

async function measureStores(options: BenchmarkOptions): Promise<Figures> {
  const found: { [Name in StoreName]?: StoreFigures } = {};
  for (const name of options.stores) {
    const obstacle = await stores[name].whyUnavailable();
    if (obstacle !== undefined) {
      console.error(`${name} is not measured: ${obstacle}`);
      continue;
    }
    // What is going on is no part of the result.
    const figures = await benchmarkStore(name, { ...options, report: (line) => console.error(line) });
    found[name] = figures;
    if (!options.json) printStore(name, figures);
    if (options.keep) keepFigures({ ...readFigures(), [name]: figures });
  }
  return found;
}

function printStore(name: StoreName, figures: StoreFigures): void {
  const { title, durability } = stores[name];
  const { machine, rounds, scale, by } = figures;
  console.log(`\n${title}: ${durability}\n${machine}; ${rounds} rounds, ${scale} of the full sizes\n`);
  for (const [contender, what] of Object.entries(by)) console.log(`${contender}: ${what}`);
  for (const operation of workloadNames) {
    const workload = figures.workloads[operation];
    if (workload === undefined) continue;
    console.log(`\n${workloads[operation].title}\n${workloadTable(operation, workload)}`);
    for (const line of lackingLines(workload)) console.log(`not measured: ${line}`);
  }
  console.log(`\n${goalTable(name, figures)}`);
}

function readFigures(): Figures {
  return JSON.parse(readFileSync(figuresFile, 'utf8')) as Figures;
}

function keepFigures(figures: Figures): void {
  writeFileSync(figuresFile, JSON.stringify(figures));
  runTool('@biomejs/biome', ['format', '--write', figuresFile], repositoryRoot, 2);
  writePage(figures);
}

function writePage(figures: Figures): void {
  writeFileSync(pageFile, benchmarkPage(figures));
  console.error(`wrote ${pageFile}`);
}
