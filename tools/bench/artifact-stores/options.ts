import { parseArgs } from 'node:util';
import type { OperationName } from './benched-store.ts';
import { type StoreName, storeNames } from './stores.ts';
import { workloadNames } from './workloads.ts';

/** What is asked on the command line. */
export interface BenchmarkOptions {
  readonly stores: readonly StoreName[];
  readonly workloads: readonly OperationName[];
  /** Share of the full sizes. */
  readonly scale: number;
  readonly rounds: number;
  readonly json: boolean;
  /** Whether the figures take the place of those that are kept, and the page is written anew. */
  readonly keep: boolean;
  /** Whether the page is written anew from the figures that are kept, and nothing is measured. */
  readonly page: boolean;
}

export const usage = `npm run bench -- artifact-stores [--store NAME]... [--workload NAME]... [--size SHARE] [--rounds N] [--json] [--keep]
npm run bench -- artifact-stores --page

  --store NAME     one of ${storeNames.join(', ')}; all by default
  --workload NAME  one of ${workloadNames.join(', ')}; all by default
  --size SHARE     of the full sizes, e.g. 0.1 for a quick look; 1 by default
  --rounds N       how often each is timed with large objects, an odd number; 5 by default, and 2 N + 1 times with small ones
  --json           print the figures as JSON
  --keep           keep the figures, and write docs/benchmarks.md anew: of whole stores in full size, 5 rounds at least
  --page           write docs/benchmarks.md anew from the figures that are kept`;

/** @throws with all problems at once */
export function parseOptions(commandArguments: readonly string[]): BenchmarkOptions {
  const { values } = parseArgs({
    args: [...commandArguments],
    options: {
      store: { type: 'string', multiple: true, default: [...storeNames] },
      workload: { type: 'string', multiple: true, default: [...workloadNames] },
      size: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
    },
  });
  const problems: string[] = [];
  const known = <Name extends string>(option: string, asked: readonly string[], names: readonly Name[]): Name[] => {
    const wrong = asked.filter((name) => !names.some((each) => each === name));
    for (const name of wrong) problems.push(`--${option} ${name}: it is none of ${names.join(', ')}`);
    return names.filter((name) => asked.includes(name));
  };
  const stores = known('store', values.store, storeNames);
  const workloads = known('workload', values.workload, workloadNames);
  const [scale, rounds] = [Number(values.size), Number(values.rounds)];
  if (!(scale > 0 && scale <= 1)) problems.push(`--size ${values.size}: it is a share of the full size, up to 1`);
  if (!(Number.isInteger(rounds) && rounds % 2 === 1 && rounds > 0))
    problems.push(`--rounds ${values.rounds}: it is an odd number`);
  if (values.keep && (scale !== 1 || rounds < 5 || workloads.length < workloadNames.length)) {
    problems.push('--keep: only all workloads of a store, in full size and 5 rounds at least, are kept');
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return { stores, workloads, scale, rounds, json: values.json, keep: values.keep, page: values.page };
}
