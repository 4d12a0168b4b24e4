import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { whyUnavailable } from '../../backends/backend.ts';
import { repositoryRoot } from '../../build/run-command.ts';
import { machine, measure } from '../measure.ts';
import { type TypeFigures, type TypeProject, typeProjects } from './figures.ts';
import { describeRivals, rivalPackages } from './rival-packages.ts';

const steps = 50;
const compiler = join(repositoryRoot, 'node_modules/typescript');

const ours = `import { pipeline, step } from '@stack/pipelines';
${lines((index) => `const step${index} = step({ name: 'step-${index}' }, ({ value }: { value: number }) => ({ value: value + ${index} }).value);`)}
export const chain = pipeline({ name: 'chain' }, () => {
  const value0 = step0({ value: 0 });
${lines((index) => `  const value${index} = step${index}({ value: value${index - 1} });`, 1)}
  return value${steps - 1};
});
`;

const mastra = `import { createStep, createWorkflow } from '@mastra/core/workflows';
import { z } from 'zod';
const schema = z.object({ value: z.number() });
${lines(
  (index) => `const step${index} = createStep({
  id: 'step-${index}',
  inputSchema: schema,
  outputSchema: schema,
  execute: async ({ inputData }) => ({ value: inputData.value + ${index} }),
});`,
)}
export const chain = createWorkflow({ id: 'chain', inputSchema: schema, outputSchema: schema })
${lines((index) => `  .then(step${index})`)}
  .commit();
`;

const texts: { readonly [Name in TypeProject]: string } = {
  ours,
  'ours, empty': 'export const nothing = 0;\n',
  Mastra: mastra,
  'Mastra, empty': 'export const nothing = 0;\n',
};

/** Type-checks a pipeline and a project without one, ours and Mastra's by turns. */
export async function benchmarkTypes(rounds: number): Promise<TypeFigures> {
  const obstacle = await whyUnavailable({ ...rivalPackages, name: 'The packages of other engines' });
  if (obstacle !== undefined) throw new Error(obstacle);
  const folder = mkdtempSync(join(tmpdir(), 'stack-bench-types-'));
  try {
    const subjects = typeProjects.map((name) => {
      const project = join(folder, name);
      writeProject(project, name);
      return { name, run: () => check(project) };
    });
    const measured = await measure(subjects, rounds);
    const timesOf = (project: TypeProject) =>
      (measured.find(({ name }) => name === project)?.times ?? []).map((time) => Math.round(time));
    const { version } = JSON.parse(readFileSync(join(compiler, 'package.json'), 'utf8')) as { version: string };
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: machine(),
      rounds,
      typescript: version,
      packages: describeRivals('@mastra/core', 'zod'),
      times: {
        ours: timesOf('ours'),
        'ours, empty': timesOf('ours, empty'),
        Mastra: timesOf('Mastra'),
        'Mastra, empty': timesOf('Mastra, empty'),
      },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeProject(folder: string, name: TypeProject): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'checked', type: 'module' }));
  writeFileSync(join(folder, 'pipeline.ts'), texts[name]);
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['pipeline.ts'] }));
  const link = (target: string, path: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(target, join(folder, path));
  };
  if (name.startsWith('ours')) link(join(repositoryRoot, 'packages/pipelines'), 'node_modules/@stack/pipelines');
  else link(join(rivalPackages.folder, 'node_modules'), 'node_modules');
}

function check(folder: string): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(compiler, 'bin/tsc'), '-p', folder], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`tsc -p ${folder} ended with ${status}:\n${stdout}${stderr}`);
}

function lines(line: (index: number) => string, from = 0): string {
  return Array.from({ length: steps - from }, (_, index) => line(index + from)).join('\n');
}
