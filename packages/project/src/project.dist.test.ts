import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StackError } from '@stack/core';
import { findFlavor, initProject, openProject, type Project } from '@stack/project';
import { findProjectRoot } from '@stack/project/root';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// This package: `@stack/core` and zod are installed there, and no integration.
const provider = dirname(import.meta.dirname);
const integrationsFrom = [provider];

const diskFlavor = `
import { artifactStoreConfig, defineFlavor, secretField } from '@stack/core';
import * as z from 'zod';
import { name } from './name.js';
export const diskFlavor = defineFlavor({
  type: 'artifact-store',
  name,
  configSchema: artifactStoreConfig({ schemes: ['disk://'] }).extend({
    accessKey: secretField().optional(),
    maxRetries: z.int().min(0).default(3),
  }),
  settingsSchema: z.object({ chunkSize: z.int().optional() }),
  implementation: () => import('not-installed'),
});
export const notFlavor = {};
`;

const inlineFlavor = `
import { defineFlavor, Orchestrator } from '@stack/core';
import * as z from 'zod';
export const inlineFlavor = defineFlavor({
  type: 'orchestrator',
  name: 'inline',
  isLocal: true,
  configSchema: z.object({}),
  implementation: async () => ({ default: class extends Orchestrator { async runPlan() {} } }),
});
`;

let root: string;
let project: Project;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'stack-project-')));
  await write('flavors/disk.ts', diskFlavor);
  await write('flavors/name.ts', `export const name = 'disk';`);
  await write('flavors/inline.ts', inlineFlavor);
  ({ project } = await initProject(root, { integrationsFrom }));
});

afterEach(async () => {
  await project[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

const diskSource = './flavors/disk.ts#diskFlavor';

function registerDiskFlavor() {
  return project.flavors.register({ type: 'artifact-store', source: 'flavors/disk.ts#diskFlavor' });
}

function registerComponent(options: readonly (readonly [string, string | true])[], name = 'prod') {
  return project.components.register({ type: 'artifact-store', name, flavor: 'disk', options });
}

function loadInAnotherProcess(): void {
  const script = `
    import { openProject } from '@stack/project';
    await using project = await openProject(${JSON.stringify({ from: root, integrationsFrom })});
    await project.flavors.load('artifact-store', 'disk');
  `;
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: provider });
}

async function failure(promise: Promise<unknown>): Promise<StackError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!StackError.is(error)) throw new Error('expected a StackError', { cause: error });
  return error;
}

describe('a project', () => {
  it('has a protected, active default stack from the start', async () => {
    const stack = await project.stacks.active();
    expect(stack).toMatchObject({ name: 'default', isProtected: true });
    expect(stack.components.map(({ type, flavor }) => `${type}/${flavor}`)).toEqual([
      'orchestrator/local',
      'artifact-store/local',
    ]);
    expect(existsSync(join(root, '.stack', '.gitignore'))).toBe(true);
  });

  it('is left as it is by a second init', async () => {
    const stack = await project.stacks.active();
    const second = await initProject(root, { integrationsFrom });
    await using again = second.project;
    expect(second.isNew).toBe(false);
    expect((await again.stacks.active()).id).toBe(stack.id);
    expect(await again.components.list()).toHaveLength(4);
  });

  it('is made once by several inits at the same time', async () => {
    const folder = join(root, 'inner');
    await mkdir(folder);
    const made = await Promise.all([1, 2, 3].map(() => initProject(folder, { integrationsFrom })));
    const [first] = made;
    expect(await first?.project.components.list()).toHaveLength(4);
    expect(await first?.project.stacks.list()).toHaveLength(1);
    for (const { project: inner } of made) await inner[Symbol.asyncDispose]();
  });

  it('is found from every folder below its root', async () => {
    const below = join(root, 'a', 'b');
    await mkdir(below, { recursive: true });
    expect(findProjectRoot(below)).toBe(root);
    await using opened = await openProject({ from: below, integrationsFrom });
    expect(opened.root).toBe(root);
  });

  it('that is not there is PROJECT_NOT_FOUND with the command that makes one', async () => {
    expect(await failure(openProject({ from: tmpdir() }))).toMatchObject({
      code: 'PROJECT_NOT_FOUND',
      hint: expect.stringContaining('stack init'),
    });
  });

  it('knows the component types of its integrations', async () => {
    await write('package.json', '{ "dependencies": { "@acme/pkg": "1.0.0" } }');
    await write(
      'node_modules/@acme/pkg/package.json',
      '{ "name": "@acme/pkg", "stack": { "apiVersion": 1, "manifest": "./manifest.json" } }',
    );
    const type = {
      name: 'vector-index',
      label: 'vector index',
      description: 'Finds.',
      required: false,
      multiple: true,
    };
    const manifest = { apiVersion: 1, package: '@acme/pkg', version: '1.0.0', componentTypes: [type], flavors: [] };
    await write('node_modules/@acme/pkg/manifest.json', JSON.stringify(manifest));
    expect(await failure(project.components.list({ type: 'vector-index' }))).toMatchObject({
      code: 'COMPONENT_TYPE_NOT_FOUND',
    });
    await using opened = await openProject({ from: root, integrationsFrom });
    expect(await opened.components.list({ type: 'vector-index' })).toEqual([]);
  });
});

describe('a flavor', () => {
  it('is registered and listed without loading its implementation', async () => {
    const entry = await registerDiskFlavor();
    expect(entry).toMatchObject({ type: 'artifact-store', name: 'disk', isStale: false });
    expect(entry.origin).toEqual({ kind: 'registered', source: diskSource });
    expect(entry.manifest.secretFields).toEqual(['accessKey']);
    expect((await project.flavors.list({ type: 'artifact-store' })).flavors).toHaveLength(1);
    expect((await project.flavors.list({ type: 'orchestrator' })).flavors).toHaveLength(0);
  });

  it('is stale once a file that it imports changed, until a process loads what it is now', async () => {
    await registerDiskFlavor();
    await write('flavors/name.ts', `export const name = 'disk'; // changed`);
    await write('flavors/disk.ts', diskFlavor.replace('default(3)', 'default(4)'));
    const get = () => project.flavors.get('artifact-store', 'disk');
    expect((await get()).isStale).toBe(true);
    // This process has the old code, and must not take it for the new one.
    await project.flavors.load('artifact-store', 'disk');
    expect((await get()).isStale).toBe(true);
    loadInAnotherProcess();
    const { isStale, manifest } = await get();
    expect(isStale).toBe(false);
    expect(manifest.configSchema.properties?.maxRetries?.default).toBe(4);
  });

  it('is stale when a file of it is gone', async () => {
    await registerDiskFlavor();
    await rm(join(root, 'flavors/name.ts'));
    expect((await project.flavors.get('artifact-store', 'disk')).isStale).toBe(true);
  });

  it.each([
    ['flavors/disk.ts#diskFlavor', 'orchestrator', 'FLAVOR_TYPE_MISMATCH'],
    ['flavors/disk.ts#notFlavor', 'artifact-store', 'FLAVOR_INVALID'],
    ['flavors/disk.ts#diskFlavour', 'artifact-store', 'EXPORT_NOT_FOUND'],
    ['flavors/disc.ts#diskFlavor', 'artifact-store', 'MODULE_NOT_FOUND'],
    ['flavors/disk.ts', 'artifact-store', 'ARGUMENT_INVALID'],
    ['flavors/disk.ts#diskFlavor', 'artifact-stores', 'COMPONENT_TYPE_NOT_FOUND'],
  ])('of %s as %s is %s', async (source, type, code) => {
    expect(await failure(project.flavors.register({ type, source }))).toMatchObject({ code });
    expect((await project.flavors.list()).flavors).toEqual([]);
  });

  it('of a taken name is ALREADY_EXISTS', async () => {
    await registerDiskFlavor();
    expect(await failure(registerDiskFlavor())).toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('outside of the project is refused', async () => {
    const inner = await initProject(join(root, 'inner'), { integrationsFrom });
    await using innerProject = inner.project;
    const source = '../flavors/disk.ts#diskFlavor';
    expect(await failure(innerProject.flavors.register({ type: 'artifact-store', source }))).toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('outside'),
    });
  });

  it('that is not there is FLAVOR_NOT_FOUND with the nearest name', async () => {
    await registerDiskFlavor();
    expect(await failure(project.flavors.load('artifact-store', 'dsik'))).toMatchObject({
      code: 'FLAVOR_NOT_FOUND',
      hint: expect.stringContaining('"disk"'),
    });
  });

  it('of two sources is FLAVOR_CONFLICT, and a source picks one', async () => {
    const registered = await registerDiskFlavor();
    const installed = {
      ...registered,
      origin: { kind: 'package', package: '@acme/pkg', version: '1.0.0', folder: '/' },
    } as const;
    const catalog = { flavors: [registered, installed], problems: [] };
    expect(() => findFlavor(catalog, 'artifact-store', 'disk')).toThrow(
      expect.objectContaining({ code: 'FLAVOR_CONFLICT', hint: expect.stringContaining('@acme/pkg:disk') }),
    );
    expect(findFlavor(catalog, 'artifact-store', '@acme/pkg:disk')).toBe(installed);
    expect(findFlavor(catalog, 'artifact-store', `${diskSource}:disk`)).toBe(registered);
  });
});

describe('a component', () => {
  beforeEach(async () => {
    await registerDiskFlavor();
  });

  it('is stored as it was given: no defaults, secrets as references', async () => {
    const registered = await registerComponent([
      ['path', 'disk://a'],
      ['access-key', '{{disk.key}}'],
      ['chunk-size', '5'],
    ]);
    expect(registered).toMatchObject({
      config: { path: 'disk://a', accessKey: '{{disk.key}}' },
      settings: { chunkSize: 5 },
    });
    expect(await project.components.get('artifact-store', registered.id.slice(0, 8))).toEqual(registered);
  });

  it('with several problems tells all of them at once', async () => {
    const error = await failure(
      registerComponent([
        ['max-retries', 'many'],
        ['access-key', 'in clear'],
        ['regoin', 'x'],
      ]),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.problems.map(({ path }) => path).sort()).toEqual(['accessKey', 'maxRetries', 'path', 'regoin']);
    expect(error.message).not.toContain('in clear,');
    expect(JSON.stringify(error)).not.toContain('"in clear"');
    expect(await project.components.list({ type: 'artifact-store' })).toHaveLength(1);
  });

  it('with a secret in clear is refused, and the value is not shown', async () => {
    const error = await failure(
      registerComponent([
        ['path', 'disk://a'],
        ['access-key', 'hunter2hunter2'],
      ]),
    );
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringContaining('stack secret create ') });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  it('with an unknown option is OPTION_UNKNOWN with the nearest one', async () => {
    const error = await failure(
      registerComponent([
        ['path', 'disk://a'],
        ['max-retreis', '1'],
      ]),
    );
    expect(error).toMatchObject({ code: 'OPTION_UNKNOWN', hint: expect.stringContaining('--max-retries') });
  });

  it('of another scheme is CONFIG_INVALID', async () => {
    expect(await failure(registerComponent([['path', 's3://a']]))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('disk://'),
    });
  });

  it('of a taken name is ALREADY_EXISTS, and of a bad one ARGUMENT_INVALID', async () => {
    expect(await failure(registerComponent([['path', 'disk://a']], 'default'))).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(await failure(registerComponent([['path', 'disk://a']], '-a'))).toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('that is not there is COMPONENT_NOT_FOUND', async () => {
    expect(await failure(project.components.get('artifact-store', 'defualt'))).toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
      hint: expect.stringContaining('"default"'),
    });
  });

  it('of the default stack is PROTECTED', async () => {
    expect(await failure(project.components.remove('artifact-store', 'default'))).toMatchObject({ code: 'PROTECTED' });
  });

  it('whose dependency is missing is registered, and is DEPENDENCY_MISSING when opened', async () => {
    const record = await registerComponent([['path', 'disk://a']]);
    expect(await failure(project.components.open(record))).toMatchObject({
      code: 'DEPENDENCY_MISSING',
      hint: 'Install it: npm install not-installed',
    });
  });
});

describe('a stack', () => {
  beforeEach(async () => {
    await registerDiskFlavor();
    await registerComponent([['path', 'disk://a']]);
  });

  it('is registered, made active and deleted', async () => {
    const stack = await project.stacks.register({
      name: 'mine',
      components: { 'artifact-store': ['prod'], orchestrator: ['default'] },
    });
    expect(await project.stacks.activate('mine')).toEqual(stack);
    expect(await failure(project.stacks.remove('mine'))).toMatchObject({ code: 'IN_USE' });
    expect(await failure(project.components.remove('artifact-store', 'prod'))).toMatchObject({
      code: 'IN_USE',
      message: expect.stringContaining('mine'),
    });
    await project.stacks.activate('default');
    await project.stacks.remove('mine');
    await project.components.remove('artifact-store', 'prod');
    expect(await project.stacks.list()).toHaveLength(1);
  });

  it('without an orchestrator is STACK_INVALID', async () => {
    const error = await failure(project.stacks.register({ name: 'mine', components: { 'artifact-store': ['prod'] } }));
    expect(error).toMatchObject({ code: 'STACK_INVALID', message: expect.stringContaining('orchestrator') });
  });

  it('of a component that is not there is COMPONENT_NOT_FOUND', async () => {
    const components = { 'artifact-store': ['prd'], orchestrator: ['default'] };
    expect(await failure(project.stacks.register({ name: 'mine', components }))).toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
      hint: expect.stringContaining('"prod"'),
    });
  });

  it('that is the default one is PROTECTED', async () => {
    expect(await failure(project.stacks.remove('default'))).toMatchObject({ code: 'PROTECTED' });
  });

  it('is opened with all its components, and fails as a whole when one cannot be made', async () => {
    await project.flavors.register({ type: 'orchestrator', source: 'flavors/inline.ts#inlineFlavor' });
    await project.components.register({ type: 'orchestrator', name: 'inline', flavor: 'inline' });
    const components = { 'artifact-store': ['prod'], orchestrator: ['inline'] };
    await project.stacks.register({ name: 'mine', components });
    expect(await failure(project.stacks.open('mine'))).toMatchObject({ code: 'DEPENDENCY_MISSING' });
  });
});
