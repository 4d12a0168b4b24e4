import { keepFigures, readKeptFigures } from './kept-figures.ts';
import { parseTypeOptions } from './pipelines/options.ts';
import { goalTable, typeTable } from './pipelines/tables.ts';
import { benchmarkTypes } from './pipelines/type-projects.ts';

/** How long the types of a pipeline take to check, and those of the same chain in Mastra. */
export default async function benchmark(commandArguments: readonly string[]): Promise<void> {
  const { rounds, keep } = parseTypeOptions(commandArguments);
  const types = await benchmarkTypes(rounds);
  console.log(`${types.machine}; TypeScript ${types.typescript}, ${types.packages}; ${types.rounds} rounds\n`);
  console.log(`${typeTable(types)}\n\n${goalTable({ types })}`);
  if (keep) keepFigures('pipelines', { ...readKeptFigures('pipelines'), types });
}
