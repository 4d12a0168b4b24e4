import { contenderNames } from './contenders.ts';
import type { Figures, StoreFigures } from './figures.ts';
import { goalResults, leastMemory } from './goals.ts';
import { type StoreEntry, type StoreName, storeNames, stores } from './stores.ts';
import { goalTable, lackingLines, roundsTold, workloadTable } from './tables.ts';
import { workloadNames, workloads } from './workloads.ts';

const introduction = `What our artifact stores cost, beside what a program would do that needs no store, called raw here, which is Node's file system or
the SDK of the vendor at its best setting, and beside other libraries. \`npm run bench -- artifact-stores --keep\` measures it again,
with \`--store NAME\` one of them.`;

const method = `- Each contender has a process of its own. They take turns, every other round backwards, after one that does not count. What they
  write is looked at the first time, and removed each time; in local folders small files stay until the end, since ext4 makes
  files several times slower where many were removed lately. Nothing of that is timed.
- The middle one of the rounds counts. The speed against raw is the middle one of the ratios of each round, with the least and the
  greatest: above 1 it is faster. With the digest on, a SHA-256 of all bytes on their way, it is the speed against raw + sha256.
- Large objects come from a stream of 256 KiB chunks that cost nothing to make, and of which our store does not know the length.
- Memory is the peak of the process, less the peak after an object of 4 KiB. What is below ${leastMemory / 1e6} MB differs from run to run, and
  counts as ${leastMemory / 1e6} MB in the goals. That of rclone, a program of its own, is not measured.
- What has no method for directories moves 16 files at once, as \`uploadDirectory\` does by default.
- Servers share the machine with their clients and take most of its time, which makes the contenders more alike.`;

/** The part of docs/benchmarks.md about artifact stores. */
export function storeBlocks(figures: Figures): string[] {
  const measured = storeNames.flatMap((name) => {
    const found = figures[name];
    return found === undefined ? [] : [[name, found] as const];
  });
  const goals = measured.flatMap(([name, found]) => goalResults(name, found));
  return [
    '## Artifact stores',
    introduction,
    method,
    `**${goals.filter(({ isMet }) => isMet).length} of ${goals.length} goals are met**; each is told below, those that are missed too.`,
    ...measured.flatMap(([name, found]) => storeSection(name, found)),
  ];
}

function storeSection(name: StoreName, figures: StoreFigures): string[] {
  const { title, durability, remarks = {} }: StoreEntry = stores[name];
  const { date, machine, by } = figures;
  return [
    `### ${title}`,
    `Durability: ${durability}. ${roundsTold(figures)}, on ${date}: ${machine}.`,
    contenderNames
      .flatMap((contender) => (by[contender] === undefined ? [] : [`- ${contender}: ${by[contender]}`]))
      .join('\n'),
    goalTable(name, figures),
    ...workloadNames.flatMap((operation) => {
      const found = figures.workloads[operation];
      if (found === undefined) return [];
      const remark = remarks[operation];
      const lines = [
        ...(remark === undefined ? [] : [`- ${remark}`]),
        ...lackingLines(found).map((line) => `- Not measured: ${line}`),
      ];
      return [
        `#### ${title}: ${workloads[operation].title}`,
        workloadTable(operation, found),
        ...(lines.length > 0 ? [lines.join('\n')] : []),
      ];
    }),
  ];
}
