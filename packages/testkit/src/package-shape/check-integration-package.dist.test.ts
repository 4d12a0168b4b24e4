import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkIntegrationPackage } from '@stack/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';

const code = `
import { defineFlavor } from '@stack/core';
import * as z from 'zod';
export const acmeOrchestratorConfigSchema = z.object({ region: z.string().default('eu') });
export const acmeOrchestratorFlavor = defineFlavor({
  type: 'orchestrator',
  name: 'acme',
  configSchema: acmeOrchestratorConfigSchema,
  implementation: () => import('./implementation.js'),
});`;

const manifest = {
  apiVersion: 1,
  package: 'stack-integration-acme',
  version: '1.2.3',
  componentTypes: [],
  flavors: [
    {
      type: 'orchestrator',
      name: 'acme',
      export: 'acmeOrchestratorFlavor',
      configVersion: 1,
      configSchema: {
        type: 'object',
        properties: { region: { type: 'string', default: 'eu' } },
        additionalProperties: false,
      },
      settingsSchema: { type: 'object', properties: {}, additionalProperties: false },
      secretFields: [],
      isLocal: false,
      capabilities: [],
    },
  ],
};

const description = {
  name: 'stack-integration-acme',
  version: '1.2.3',
  type: 'module',
  stack: { apiVersion: 1, manifest: './dist/stack-manifest.json' },
  exports: {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './orchestrator': './dist/implementation.js',
    './package.json': './package.json',
  },
  peerDependencies: { '@stack/core': '*', zod: '*' },
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-package-'));
  for (const name of ['@stack/core', 'zod']) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`))), link);
  }
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function check(changes: { code?: string; description?: object; manifest?: unknown } = {}) {
  const files = {
    'package.json': JSON.stringify(changes.description ?? description),
    'dist/index.js': changes.code ?? code,
    'dist/implementation.js': 'export default class {}',
    'dist/stack-manifest.json': JSON.stringify(changes.manifest ?? manifest),
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return checkIntegrationPackage(folder);
}

test('a package as it should be has no problem', async () => {
  expect(await check()).toEqual([]);
});

test('what is wrong with the package.json is told all at once', async () => {
  const problems = await check({
    description: {
      name: 'acme-things',
      version: '1.2.3',
      exports: { '.': './dist/index.js' },
      dependencies: { zod: '4' },
      peerDependencies: { zod: '*' },
    },
  });
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'package.json: name: "acme-things" is not the name of an integration',
    'package.json: type: is not "module"',
    'package.json: stack.apiVersion: is not 1',
    'package.json: stack.manifest: does not say where the manifest is',
    'package.json: peerDependencies: @stack/core is missing',
    'package.json: dependencies: zod is listed, and a process has to have one copy of it',
    'package.json: exports: "./package.json" is missing',
    'package.json: exports: the implementation of orchestrator/acme is missing',
  ]);
});

test('a manifest that says something else than the code is a problem', async () => {
  const [flavor] = manifest.flavors;
  const changed = { ...manifest, flavors: [{ ...flavor, capabilities: ['everything'] }] };
  expect(await check({ manifest: changed })).toMatchObject([
    { message: 'orchestrator/acme is not what the code says' },
  ]);
  expect(await check({ manifest: { ...manifest, flavors: [] } })).toMatchObject([
    { path: './dist/stack-manifest.json' },
  ]);
  expect(await check({ manifest: { ...manifest, version: '1.2.2' } })).toMatchObject([
    { message: 'is that of another package or version' },
  ]);
  expect(await check({ manifest: [] })).toMatchObject([{ path: './dist/stack-manifest.json' }]);
});

test.each<[string, string, string]>([
  ['cores', "import os from 'node:os';", 'z.number().default(os.availableParallelism())'],
  ['home', "import { homedir } from 'node:os';", 'z.string().default(homedir())'],
  ['environment', '', 'z.string().default(process.env.HOME ?? "")'],
])('a default that depends on the machine (%s) is a problem', async (_, imports, field) => {
  const changed = `${imports}${code.replace("z.string().default('eu')", field)}`;
  expect(await check({ code: changed })).toContainEqual({
    path: 'orchestrator/acme',
    message: expect.stringContaining('another on another machine'),
    hint: expect.any(String),
  });
});

test('a transform in a config is a problem, by the path of its field', async () => {
  const problems = await check({
    code: code.replace("z.string().default('eu')", 'z.string().transform(Number).default(1)'),
  });
  expect(problems).toContainEqual(expect.objectContaining({ path: 'orchestrator/acme config: region' }));
});

test('other names than those that people look for are a problem', async () => {
  const problems = await check({ code: code.replaceAll('acmeOrchestrator', 'my') });
  expect(problems.map(({ hint }) => hint)).toEqual(
    expect.arrayContaining(['Export it as acmeOrchestratorFlavor.', 'Export it as acmeOrchestratorConfigSchema.']),
  );
});

test('a main entry that exports an implementation is a problem', async () => {
  const problems = await check({
    code: `${code}\nimport { Orchestrator } from '@stack/core';\nexport class Acme extends Orchestrator {}`,
  });
  expect(problems).toMatchObject([{ path: '.', message: expect.stringContaining('exports the implementation Acme') }]);
});

test('a main entry that cannot be imported, or was not built, is a problem', async () => {
  expect(await check({ code: "throw new Error('broken');" })).toMatchObject([
    { message: expect.stringContaining('broken') },
  ]);
  await rm(join(folder, 'dist'), { recursive: true });
  expect(await checkIntegrationPackage(folder)).toMatchObject([{ message: 'the main entry "." is not there' }]);
});
