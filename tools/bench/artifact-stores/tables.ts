import { markdownTable } from '../../docs/markdown.ts';
import { median } from '../measure.ts';
import type { OperationName } from './benched-store.ts';
import { contenderNames, contenders } from './contenders.ts';
import { type Ratio, type StoreFigures, speedRatio, type WorkloadFigures } from './figures.ts';
import { goalResults } from './goals.ts';
import type { StoreName } from './stores.ts';
import { isLarge, workloads } from './workloads.ts';

/** What all contenders took for a workload. */
export function workloadTable(operation: OperationName, figures: WorkloadFigures): string {
  const rows = contenderNames.flatMap((name) => {
    const result = figures.results[name];
    if (result === undefined) return [];
    const { baseline } = contenders[name];
    const other = figures.results[baseline];
    const show = (time: number) => showTime(operation, figures, time);
    return [
      [
        name,
        show(median(result.times)),
        `${show(Math.min(...result.times))} to ${show(Math.max(...result.times))}`,
        name === baseline ? '1' : other === undefined ? '' : showRatio(speedRatio(result, other)),
        ...(isLarge(operation) ? [showMemory(name === 'rclone' ? undefined : result.memory)] : []),
      ],
    ];
  });
  const headings = [
    '',
    workloads[operation].unit,
    'best to worst',
    'speed against raw',
    ...(isLarge(operation) ? ['memory'] : []),
  ];
  return markdownTable(headings, rows);
}

/** How often the contenders were timed. */
export function roundsTold({ rounds, workloads: measured }: StoreFigures): string {
  const counts = Object.values(measured).flatMap(({ results }) =>
    Object.values(results).map(({ times }) => times.length),
  );
  const most = Math.max(rounds, ...counts);
  return most === rounds ? `${rounds} rounds` : `${most} rounds, ${rounds} of large objects`;
}

/** Why contenders have no figures in a workload; one line for those with the same reason. */
export function lackingLines({ lacking }: WorkloadFigures): string[] {
  const reasons = Map.groupBy(Object.entries(lacking), ([, reason]) => reason);
  return [...reasons].map(([reason, entries]) => `${entries.map(([name]) => name).join(', ')}: ${reason}`);
}

/** What was to be reached on a store, and whether it was. */
export function goalTable(store: StoreName, figures: StoreFigures): string {
  return markdownTable(
    ['', 'goal', 'measured', ''],
    goalResults(store, figures).map(({ operation, subject, other, quantity, limit, ratio, isMet }) => [
      workloads[operation].title,
      `${quantity} of ${subject} ${quantity === 'speed' ? '>=' : '<='} ${limit} x ${other}`,
      ratio.toFixed(2),
      isMet ? 'met' : '**missed**',
    ]),
  );
}

function showTime(operation: OperationName, { count, size }: WorkloadFigures, milliseconds: number): string {
  switch (workloads[operation].unit) {
    case 'µs an object':
      return round((milliseconds * 1000) / count);
    case 'MB/s':
      return round((count * size) / milliseconds / 1000);
    case 'ms':
      return round(milliseconds);
  }
}

function showRatio({ median, least, greatest }: Ratio): string {
  return `${median.toFixed(2)} (${least.toFixed(2)} to ${greatest.toFixed(2)})`;
}

function showMemory(bytes: number | undefined): string {
  return bytes === undefined ? '' : `${round(bytes / 1e6)} MB`;
}

/** Three digits say all that is known. */
function round(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US');
}
