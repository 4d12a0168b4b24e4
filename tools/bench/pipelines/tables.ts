import { markdownTable } from '../../docs/markdown.ts';
import { median } from '../measure.ts';
import { engineNames } from './engines.ts';
import { type Figures, type PipelineFigures, type TypeFigures, typeProjects, type WorkloadFigures } from './figures.ts';
import { goalResults, isMet } from './goals.ts';
import { itemCounts } from './workloads.ts';

/** What every engine took for a step. */
export function workloadTable({ times }: WorkloadFigures): string {
  const own = times.ours ?? [];
  const rows = engineNames.flatMap((name) => {
    const found = times[name];
    if (found === undefined) return [];
    const ratios = found.map((time, round) => time / (own[round] ?? Number.NaN));
    const ratio = name === 'ours' ? '1' : `${round(median(ratios))} (${spread(ratios)})`;
    return [[name, round(median(found)), spread(found), ratio]];
  });
  return markdownTable(['', 'ms a step', 'best to worst', 'times as long as ours'], rows);
}

/** Why engines have no figures; one line for those with the same reason. */
export function lackingLines({ lacking }: WorkloadFigures): string[] {
  const reasons = Map.groupBy(Object.entries(lacking), ([, reason]) => reason);
  return [...reasons].map(([reason, entries]) => `${entries.map(([name]) => name).join(', ')}: ${reason}`);
}

export function memoryTable({ memory }: PipelineFigures): string {
  const rows = [
    ['nothing', memory.idle],
    [`${itemCounts.few.toLocaleString('en-US')} items`, memory.few],
    [`${itemCounts.many.toLocaleString('en-US')} items`, memory.many],
  ] as const;
  return markdownTable(
    ['one step, mapped over', 'peak of the process'],
    rows.map(([what, bytes]) => [what, `${round(bytes / 1e6)} MB`]),
  );
}

export function cachedTable({ cached }: PipelineFigures): string {
  const rows = [
    ['in process, the first run', cached.first],
    ['in process, the second run', cached.second],
    ['`stack pipeline run`, the whole command', cached.command],
    ['`node -e 0`', cached.node],
  ] as const;
  return markdownTable(
    ['', 'ms', 'best to worst'],
    rows.map(([what, times]) => [what, round(median(times)), spread(times)]),
  );
}

export function typeTable({ times }: TypeFigures): string {
  return markdownTable(
    ['', 'ms', 'best to worst'],
    typeProjects.map((project) => [project, round(median(times[project])), spread(times[project])]),
  );
}

/** What was to be reached, and whether it was. */
export function goalTable(figures: Figures): string {
  return markdownTable(
    ['', 'goal', 'measured', ''],
    goalResults(figures).map((goal) => [
      goal.what,
      `<= ${goal.limit} ${goal.unit}`,
      round(goal.measured),
      isMet(goal) ? 'met' : '**missed**',
    ]),
  );
}

function spread(values: readonly number[]): string {
  return `${round(Math.min(...values))} to ${round(Math.max(...values))}`;
}

/** Three digits say all that is known. */
function round(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 4 });
}
