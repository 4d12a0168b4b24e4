import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../build/run-command.ts';
import type { Shape } from './benched-engine.ts';

/** What the module of a project made by `writeProject` exports, beside the pipeline `cached`. */
export interface PipelineModule {
  /** Makes a pipeline. */
  readonly make: { readonly [Name in Shape]: (steps: number, seed: number) => NoOpPipeline };
  /** Its steps have always the same inputs. */
  readonly cached: NoOpPipeline;
}

export interface NoOpPipeline {
  run(
    parameters: object,
    options: { readonly stack: unknown; readonly runStore: unknown; readonly onEvent: () => void },
  ): Promise<{ readonly state: string; result(): Promise<unknown> }>;
}

/** Steps of the pipeline `cached`. */
export const cachedSteps = 50;

/** The name of the module in its folder. */
export const pipelineFile = 'pipelines.ts';

const moduleText = `import { pipeline, step } from '@stack/pipelines';

const increment = step({ name: 'increment' }, ({ value }: { value: number }) => value + 1);
const numbers = step({ name: 'numbers' }, ({ from, length }: { from: number; length: number }) =>
  Array.from({ length }, (_, index) => from + index),
);
const count = step({ name: 'count' }, ({ values }: { values: number[] }) => values.at(-1) ?? 0);

export const make = {
  chain: (steps: number, seed: number) =>
    pipeline({ name: 'chain' }, () => {
      let last = increment({ value: seed });
      for (let index = 1; index < steps; index++) last = increment({ value: last });
      return last;
    }),
  'fan-out': (steps: number, seed: number) =>
    pipeline({ name: 'fan-out' }, () => {
      let last = increment({ value: seed });
      for (let index = 1; index < steps; index++) last = increment({ value: seed + index });
      return last;
    }),
  map: (steps: number, seed: number) =>
    pipeline({ name: 'map' }, () => {
      const items = numbers({ from: seed, length: steps });
      return count({ values: increment.map(items, (value) => ({ value })) });
    }),
};

export const cached = make.chain(${cachedSteps}, 0);
`;

/** Writes, where they are not there, the files of a project with steps that do nothing, which takes the packages of this repository. */
export async function writeProject(folder: string): Promise<void> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'no-ops', type: 'module' }));
  await writeFile(join(folder, pipelineFile), moduleText);
  const packages = { '@stack/pipelines': 'packages/pipelines', '@stack/integration-local': 'integrations/local' };
  for (const [name, source] of Object.entries(packages)) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(repositoryRoot, source), link).catch(ignoreExisting);
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}
