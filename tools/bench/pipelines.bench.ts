import { keepFigures, readKeptFigures } from './kept-figures.ts';
import type { PipelineFigures } from './pipelines/figures.ts';
import { type BenchmarkOptions, parseOptions, usage } from './pipelines/options.ts';
import { benchmarkPipelines } from './pipelines/run.ts';
import { cachedTable, goalTable, lackingLines, memoryTable, workloadTable } from './pipelines/tables.ts';
import { workloadNames } from './pipelines/workloads.ts';

/** What a step costs in our engine, and in others beside it. */
export default async function benchmark(commandArguments: readonly string[]): Promise<void> {
  let options: BenchmarkOptions;
  try {
    options = parseOptions(commandArguments);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  // What is going on is no part of the result.
  const figures = await benchmarkPipelines({ ...options, report: (line) => console.error(line) });
  if (options.json) console.log(JSON.stringify(figures, undefined, 2));
  else print(figures);
  if (options.keep) keepFigures('pipelines', { ...readKeptFigures('pipelines'), pipelines: figures });
}

function print(figures: PipelineFigures): void {
  console.log(`${figures.machine}; ${figures.rounds} rounds\n`);
  for (const [engine, what] of Object.entries(figures.by)) console.log(`${engine}: ${what}`);
  for (const name of workloadNames) {
    const found = figures.workloads[name];
    if (found === undefined) continue;
    console.log(`\nA ${name} steps\n${workloadTable(found)}`);
    for (const line of lackingLines(found)) console.log(`not measured: ${line}`);
  }
  console.log(`\n${memoryTable(figures)}\n\n${cachedTable(figures)}\n\n${goalTable({ pipelines: figures })}`);
}
