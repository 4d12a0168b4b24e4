import { engineEntry, engineNames } from './engines.ts';
import type { Figures, PipelineFigures, TypeFigures } from './figures.ts';
import { cachedTable, goalTable, lackingLines, memoryTable, typeTable, workloadTable } from './tables.ts';
import { workloadNames } from './workloads.ts';

const introduction = `What a step costs that does nothing: its state is recorded, its input loaded, and its output, a number, stored as an artifact.
Beside it is the same chain in other engines, as they are by default. \`npm run bench -- pipelines --keep\` measures it again.`;

const method = `- Each engine has a process of its own. They take turns, every other round backwards, after one that does not count. Each run
  computes numbers that none computed before, and its result is checked.
- The time of a whole run is divided by its steps, so what a run costs by itself is in it. Short pipelines are run 10 times in a turn.
- The middle one of the rounds counts. Ratios are those of each round, of which the middle one is told, with the least and the
  greatest. What differs in durability, which is told for each, is no comparison of speed.
- A server that an engine needs runs on the same machine.`;

/** The part of docs/benchmarks.md about pipelines. */
export function pipelineBlocks(figures: Figures): string[] {
  const { pipelines, types } = figures;
  if (pipelines === undefined && types === undefined) return [];
  return [
    '## Pipelines',
    introduction,
    method,
    goalTable(figures),
    ...(pipelines === undefined ? [] : measuredBlocks(pipelines)),
    ...(types === undefined ? [] : typeBlocks(types)),
  ];
}

function measuredBlocks(figures: PipelineFigures): string[] {
  const { date, machine, rounds, by, workloads } = figures;
  return [
    `${rounds} rounds on ${date}: ${machine}.`,
    engineNames
      .flatMap((name) =>
        by[name] === undefined ? [] : [`- ${name}: ${by[name]}. Durability: ${engineEntry(name).durability}.`],
      )
      .join('\n'),
    ...workloadNames.flatMap((name) => {
      const found = workloads[name];
      if (found === undefined) return [];
      const lacking = lackingLines(found).map((line) => `- Not measured: ${line}`);
      return [`### A ${name} steps`, workloadTable(found), ...(lacking.length > 0 ? [lacking.join('\n')] : [])];
    }),
    '### Memory of a step that is mapped over a long list',
    memoryTable(figures),
    '### A chain of 50 steps, all of them cached',
    cachedTable(figures),
  ];
}

function typeBlocks(types: TypeFigures): string[] {
  const { date, machine, rounds, typescript, packages } = types;
  return [
    '### Type-check of a chain of 50 steps',
    `By TypeScript ${typescript}, strict, without a look into declarations, and of an empty project; ${packages}. ${rounds} rounds on ${date}: ${machine}.
\`npm run bench -- types --keep\` measures it again.`,
    typeTable(types),
  ];
}
