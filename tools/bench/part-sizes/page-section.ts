import { markdownTable } from '../../docs/markdown.ts';
import { stores } from '../artifact-stores/stores.ts';
import type { Figures, PointFigures, SweepFigures } from './figures.ts';
import { concurrencies, sweptStores } from './sweep.ts';

const introduction = `An object whose length is not known, moved by our store in parts of several sizes, so many of them at once; and by default. Parts are
read as ranges, which are put in order in memory. In MB/s, the middle one of the rounds. \`npm run bench -- part-sizes --keep\` measures it
again. Servers share two processors with their clients, so that nothing is won here by more at once that a network may give.`;

/** The part of docs/benchmarks.md about the sizes of parts. */
export function partSizeBlocks(figures: Figures): string[] {
  const swept = sweptStores.flatMap((name) => {
    const found = figures[name];
    return found === undefined ? [] : [`### Parts: ${stores[name].title}`, runLine(found), sweepTable(found)];
  });
  return swept.length === 0 ? [] : ['## Sizes of parts', introduction, ...swept];
}

export function runLine({ size, rounds, date, machine }: SweepFigures): string {
  return `${size / 1024 ** 2} MiB, ${rounds} rounds on ${date}: ${machine}.`;
}

/** A row for each size and direction, a column for each number of parts at once. */
export function sweepTable({ size, write, read }: SweepFigures): string {
  const columns = [undefined, ...concurrencies];
  const partSizes = [...new Set(read.map(({ partSize }) => partSize))].filter((partSize) => partSize !== undefined);
  const speed = (point: PointFigures | undefined) =>
    point === undefined ? '' : `${Math.round(size / 1000 / point.time)}`;
  const row = (title: string, points: readonly PointFigures[]) => [
    title,
    ...columns.map((column) => speed(points.find(({ concurrency }) => concurrency === column))),
  ];
  const rows = (direction: string, points: readonly PointFigures[]) => [
    row(
      `${direction} by default`,
      points.filter(({ partSize }) => partSize === undefined),
    ),
    ...partSizes.map((partSize) =>
      row(
        `${direction} in ${partSize / 1024 ** 2} MiB`,
        points.filter((point) => point.partSize === partSize),
      ),
    ),
  ];
  return markdownTable(
    ['', 'by default', ...concurrencies.map((count, index) => (index === 0 ? `${count} at once` : `${count}`))],
    [...rows('written', write), ...rows('read', read)],
  );
}
