import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkLazyLoad } from './check-lazy-load.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-lazy-load-'));
  await write({
    'package.json': JSON.stringify({
      name: '@acme/stack-integration-acme',
      type: 'module',
      exports: { '.': './dist/index.js', './artifact-store': './dist/artifact-store/implementation.js' },
    }),
    'dist/index.js': "export { acmeFlavor } from './artifact-store/flavor.js';",
    'dist/artifact-store/flavor.js': `
      import { defineFlavor } from '@stack/core';
      export const acmeFlavor = defineFlavor({ implementation: () => import('./implementation.js') });`,
    'dist/artifact-store/implementation.js': "import 'acme-sdk'; export default class {}",
    'node_modules/@stack/core/package.json': '{ "name": "@stack/core", "type": "module", "exports": "./index.js" }',
    'node_modules/@stack/core/index.js': "import 'zod'; export const defineFlavor = (flavor) => flavor;",
    'node_modules/zod/package.json': '{ "name": "zod", "main": "./index.cjs" }',
    'node_modules/zod/index.cjs': 'exports.z = {};',
    'node_modules/acme-sdk/package.json': '{ "name": "acme-sdk", "main": "./lib/index.js" }',
    'node_modules/acme-sdk/lib/package.json': '{ "type": "commonjs" }',
    'node_modules/acme-sdk/lib/index.js': "console.log('the SDK is evaluated'); require('./client.js');",
    'node_modules/acme-sdk/lib/client.js': '',
  });
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

function check(overrides: Partial<Parameters<typeof checkLazyLoad>[0]> = {}) {
  return checkLazyLoad({
    packageFolder: folder,
    implementation: './artifact-store',
    sdkPackages: ['acme-sdk'],
    ...overrides,
  });
}

test('an integration whose SDK is behind the lazy import has no problem', async () => {
  expect(await check()).toEqual([]);
});

test('a flavor that imports the SDK is convicted', async () => {
  await write({ 'dist/artifact-store/flavor.js': "import 'acme-sdk'; export const acmeFlavor = {};" });
  expect(await check()).toMatchObject([{ message: expect.stringMatching(/-acme loads acme-sdk$/) }]);
});

test('a config that imports a package which is not on the list is convicted', async () => {
  expect(await check({ allowedPackages: ['@stack/core'] })).toMatchObject([
    { message: expect.stringMatching(/-acme loads zod$/) },
  ]);
});

test('a lazy import that a bundler moved up is convicted', async () => {
  // What a bundler without code splitting makes of `() => import('./implementation.js')`.
  await write({
    'dist/index.js': `
      import { defineFlavor } from '@stack/core';
      import 'acme-sdk';
      var implementation_exports = { default: class {} };
      export const acmeFlavor = defineFlavor({ implementation: () => Promise.resolve().then(() => implementation_exports) });`,
  });
  expect(await check()).toMatchObject([{ message: expect.stringMatching(/-acme loads acme-sdk$/) }]);
});

test('an index that exports the implementation is convicted', async () => {
  await write({
    'dist/index.js': "export { default as Acme } from './artifact-store/implementation.js';",
    'dist/artifact-store/implementation.js': 'export default class {}',
  });
  expect(await check({ sdkPackages: [] })).toMatchObject([
    { message: expect.stringContaining('loads the implementation @acme/stack-integration-acme/artifact-store') },
  ]);
});

test('a check that cannot see the SDK where it is proves nothing, and says so', async () => {
  await write({ 'dist/artifact-store/implementation.js': 'export default class {}' });
  expect(await check()).toMatchObject([
    { path: './artifact-store', message: expect.stringContaining('proves nothing') },
  ]);
});

test('an integration that was not built, or lacks its SDK, is a problem', async () => {
  await rm(join(folder, 'node_modules/acme-sdk'), { recursive: true });
  expect(await check()).toMatchObject([{ message: expect.stringContaining('acme-sdk') }]);
});

test('a folder that is no package is ARGUMENT_INVALID', async () => {
  await expect(check({ packageFolder: join(folder, 'dist') })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
});
