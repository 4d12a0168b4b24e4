import { parseArgs } from 'node:util';
import { type WorkloadName, workloadNames } from './workloads.ts';

/** What is asked on the command line. */
export interface BenchmarkOptions {
  readonly workloads: readonly WorkloadName[];
  readonly rounds: number;
  readonly json: boolean;
  /** Whether the figures take the place of those that are kept, and the page is written anew. */
  readonly keep: boolean;
}

export const usage = `npm run bench -- pipelines [--workload NAME]... [--rounds N] [--json] [--keep]

  --workload NAME  one of ${workloadNames.map((name) => `"${name}"`).join(', ')}; all by default
  --rounds N       how often each is timed, an odd number; 5 by default
  --json           print the figures as JSON
  --keep           keep the figures, and write docs/benchmarks.md anew: of all workloads, 5 rounds at least`;

/** @throws with all problems at once */
export function parseOptions(commandArguments: readonly string[]): BenchmarkOptions {
  const { values } = parseArgs({
    args: [...commandArguments],
    options: {
      workload: { type: 'string', multiple: true, default: [...workloadNames] },
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const problems = values.workload
    .filter((name) => !workloadNames.some((known) => known === name))
    .map((name) => `--workload ${name}: it is none of ${workloadNames.join('; ')}`);
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds % 2 === 1 && rounds > 0)) {
    problems.push(`--rounds ${values.rounds}: it is an odd number`);
  }
  const workloads = workloadNames.filter((name) => values.workload.includes(name));
  if (values.keep && (rounds < 5 || workloads.length < workloadNames.length)) {
    problems.push('--keep: only all workloads, in 5 rounds at least, are kept');
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return { workloads, rounds, json: values.json, keep: values.keep };
}

/** What is asked of the bench of types: `[--rounds N] [--keep]`. */
export function parseTypeOptions(commandArguments: readonly string[]): Pick<BenchmarkOptions, 'rounds' | 'keep'> {
  const { values } = parseArgs({
    args: [...commandArguments],
    options: { rounds: { type: 'string', default: '5' }, keep: { type: 'boolean', default: false } },
  });
  return parseOptions([`--rounds=${values.rounds}`, ...(values.keep ? ['--keep'] : [])]);
}
