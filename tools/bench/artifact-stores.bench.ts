import type { Figures, StoreFigures } from './artifact-stores/figures.ts';
import { type BenchmarkOptions, parseOptions, usage } from './artifact-stores/options.ts';
import { benchmarkStore } from './artifact-stores/run.ts';
import { type StoreName, stores } from './artifact-stores/stores.ts';
import { goalTable, lackingLines, roundsTold, workloadTable } from './artifact-stores/tables.ts';
import { workloadNames, workloads } from './artifact-stores/workloads.ts';
import { keepFigures, readKeptFigures, writePage } from './kept-figures.ts';

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
  if (options.page) return writePage();
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
    if (options.keep) keepFigures('artifact-stores', { ...readKeptFigures('artifact-stores'), [name]: figures });
  }
  return found;
}

function printStore(name: StoreName, figures: StoreFigures): void {
  const { title, durability } = stores[name];
  const { machine, scale, by } = figures;
  console.log(`\n${title}: ${durability}\n${machine}; ${roundsTold(figures)}, ${scale} of the full sizes\n`);
  for (const [contender, what] of Object.entries(by)) console.log(`${contender}: ${what}`);
  for (const operation of workloadNames) {
    const workload = figures.workloads[operation];
    if (workload === undefined) continue;
    console.log(`\n${workloads[operation].title}\n${workloadTable(operation, workload)}`);
    for (const line of lackingLines(workload)) console.log(`not measured: ${line}`);
  }
  console.log(`\n${goalTable(name, figures)}`);
}
