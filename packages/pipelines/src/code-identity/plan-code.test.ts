import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Plan } from '@stack/core';
import { expect, it } from 'vitest';
import { CodeProject } from '../testing/code-project.ts';

const packageFolder = join(import.meta.dirname, '../..');

/** Runs the pipeline of `main.ts` by Node itself, which knows nothing of the tests. */
async function planOfRun(files: Readonly<Record<string, string>>, nodeOptions: readonly string[] = []) {
  await using project = await CodeProject.create({
    ...files,
    'run.ts': `
      import { MemoryRunStore } from '@stack/pipelines';
      import { createTestStack } from '${join(packageFolder, 'src/testing/test-stack.ts')}';
      import { main } from './main.ts';
      const { stack } = await createTestStack();
      const runStore = new MemoryRunStore();
      const { id } = await main.run({}, { stack, runStore });
      console.log(JSON.stringify((await runStore.getRun(id)).plan));`,
  });
  await project.link('node_modules/@stack/pipelines', packageFolder);
  const words = ['--conditions=@stack/source', ...nodeOptions, 'run.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: project.folder, timeout: 20_000 });
  return JSON.parse(stdout) as Plan;
}

/** What each step's code is made of, or why that is not known. */
async function codeOfRun(files: Readonly<Record<string, string>>, nodeOptions: readonly string[] = []) {
  const { steps, codeParts = [] } = await planOfRun(files, nodeOptions);
  return Object.fromEntries(
    steps.map(({ name, code }) => [
      name,
      code === undefined || 'uncacheable' in code
        ? code?.uncacheable
        : code.parts.map((place) => codeParts[place]?.[0]).filter((label) => !/^node$|^package:/.test(label ?? '')),
    ]),
  );
}

const imports = `import { pipeline, step } from '@stack/pipelines';\n`;

it('is that of the statements which made the step, wherever the functions are that these called', async () => {
  const files = {
    'main.ts': `${imports}
      import { makeStep, named } from './make.ts';
      interface Row<Ü> { ä: Ü }
      const typed = step({ name: 'typed' }, async (_: { a?: 'ö' }): Promise<
        Row<number>[]
      > => { const x = [{ ä: 1 as number }] satisfies Row<number>[]; return x; });
      const made = makeStep('made', 1);
      const [looped] = [2].map((factor) => makeStep('looped', factor));
      const elsewhere = step({ name: 'elsewhere' }, named);
      const bound = step({ name: 'bound' }, named.bind(undefined));
      function tell() { return 1; }
      const versioned = step({ name: 'versioned', version: '3' }, () => eval('1') + tell());
      const unknown = step({ name: 'unknown' }, () => eval('1') as number);
      export const main = pipeline({ name: 'main' }, () => {
        for (const each of [typed, made, looped!, elsewhere, bound, versioned, unknown]) each();
      });`,
    'make.ts': `${imports}
      const secretOf = (factor: number): number => factor * 2;
      export const named = async (): Promise<number> => secretOf(1);
      export function makeStep(name: string, factor: number) {
        return step({ name }, () => secretOf(factor));
      }`,
  };
  const made = ['make.ts#makeStep', 'make.ts#order', 'make.ts#secretOf'];
  const named = ['make.ts#named', 'make.ts#order', 'make.ts#secretOf'];
  expect(await codeOfRun(files)).toEqual({
    typed: ['main.ts#typed'],
    made: ['main.ts#made', ...made].toSorted(),
    looped: ['main.ts#looped', ...made].toSorted(),
    elsewhere: ['main.ts#elsewhere', ...named].toSorted(),
    bound: ['main.ts#bound', ...named].toSorted(),
    versioned: ['version of versioned'],
    unknown: expect.stringMatching(/^main\.ts:\d+ calls eval$/),
  });
});

it('is that of the pipeline for a step that is made in it, and of a CommonJS module as a whole', async () => {
  const files = {
    'main.ts': `${imports}
      import { required } from './required.cjs';
      function tell() { return 1; }
      export const main = pipeline({ name: 'main' }, () => {
        step({ name: 'inside' }, () => tell())();
        required();
      });`,
    'required.cjs': `const { step } = require('@stack/pipelines');\nexports.required = step({ name: 'required' }, () => 1);`,
  };
  const required = ['required.cjs#order', 'required.cjs#step', 'required.cjs#top-level code'];
  expect(await codeOfRun(files)).toEqual({
    inside: ['main.ts#main', 'main.ts#order', 'main.ts#tell', ...required],
    required,
  });
});

it('cannot be known for a step that is in no file, or in one that runs otherwise than it is written', async () => {
  const files = {
    'main.ts': `${imports}
      import { runInThisContext } from 'node:vm';
      const text = runInThisContext("(step) => step({ name: 'text' }, () => 1)")(step);
      import { moved } from './moved.ts';
      import { other } from './other.ts';
      export const main = pipeline({ name: 'main' }, () => { text(); moved(); other(); });`,
    'moved.ts': `${imports}export const moved = step({ name: 'moved' }, () => 'moved');\nexport const b = step({ name: 'b' }, () => 'b');`,
    'other.ts': `${imports}export const other = step({ name: 'other' }, () => 'other');`,
    'hooks.ts': `
      import { registerHooks } from 'node:module';
      registerHooks({
        load(url, context, nextLoad) {
          const loaded = nextLoad(url, context);
          return url.endsWith('/moved.ts') ? { ...loaded, source: '\\n' + loaded.source } : loaded;
        },
      });`,
  };
  expect(await codeOfRun(files, ['--import', './hooks.ts'])).toEqual({
    text: 'it was made by code that is in no file',
    moved: 'its function is not written in moved.ts: something transformed that file',
    other: ['other.ts#other'],
  });
});

it('is another one for each step that the same statements make', async () => {
  const files = {
    'main.ts': `${imports}
      const makeStep = (factor: number) => step({ name: 'scale' }, () => factor);
      const outside = [1, 2].map(makeStep);
      const makePipeline = (factor: number) => pipeline({ name: 'main' }, () => {
        outside.forEach((each, index) => each({}, { name: 'outside-' + index }));
        [1, 2].forEach((index) => step({ name: 'scale' }, () => factor + index)({}, { name: 'inside-' + index }));
      });
      export const [other, main] = [makePipeline(1), makePipeline(2)];`,
  };
  const digests = async (changed = files) =>
    (await planOfRun(changed)).steps.map(({ code }) => (code !== undefined && 'digest' in code ? code.digest : code));
  const before = await digests();
  expect(new Set(before)).toHaveLength(4);
  expect(await digests()).toEqual(before);
  const swapped = await digests({ 'main.ts': files['main.ts'].replace('[other, main]', '[main, other]') });
  expect(new Set([...before.slice(2), ...swapped.slice(2)])).toHaveLength(4);
});

it('has what the module of its pipeline does to the values that it uses', async () => {
  const files = {
    'main.ts': `${imports}
      import './setup.ts';
      import { load, other } from './steps.ts';
      export const main = pipeline({ name: 'main' }, () => { load(); other(); });`,
    'steps.ts': `${imports}
      import { registry } from './registry.ts';
      export const load = step({ name: 'load' }, () => registry.get('a') as number);
      export const other = step({ name: 'other' }, () => 1);`,
    'setup.ts': `import { register } from './registry.ts'; register('a', 1);`,
    'registry.ts': `export const registry = new Map<string, number>();
      export const register = (name: string, value: number) => registry.set(name, value);`,
  };
  expect(await codeOfRun(files)).toEqual({
    load: expect.arrayContaining(['registry.ts#register', 'registry.ts#registry', 'setup.ts#top-level code']),
    other: ['steps.ts#other'],
  });
});

it('cannot be known where a function that may be called with any values made it', async () => {
  const files = {
    'main.ts': `${imports}
      export let main;
      const called = async (factor: number) => {
        const sooner = step({ name: 'sooner' }, () => factor);
        await undefined;
        const later = step({ name: 'later' }, () => factor);
        main = pipeline({ name: 'main' }, () => {
          sooner();
          later();
          step({ name: 'inside' }, () => factor)();
        });
      };
      await called(1);`,
  };
  const reason = (what: string) => `makes ${what} in a function, which may be called with any values`;
  expect(await codeOfRun(files)).toEqual({
    sooner: ['main.ts#called', 'main.ts#main', 'main.ts#order', 'main.ts#top-level code'],
    later: expect.stringContaining(reason('it')),
    inside: expect.stringContaining(reason('its pipeline')),
  });
});
