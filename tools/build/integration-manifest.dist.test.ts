import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { parseManifest } from '../../packages/core/src/manifest/index.ts';
import { PackageFixture } from './package-fixture.ts';

const stack = { apiVersion: 1, manifest: './dist/stack-manifest.json' };

/** An integration with two flavors, one of them of a component type of its own. */
function integration(fields: Readonly<Record<string, unknown>> = {}): PackageFixture {
  const fixture = new PackageFixture({ stack, peerDependencies: { '@stack/core': '*', zod: '*' }, ...fields });
  fixture.link('@stack/core', 'packages/core');
  fixture.link('zod', 'packages/core/node_modules/zod');
  fixture.write(
    'src/index.ts',
    "export { zebraFlavor } from './zebra.ts';\nexport { indexFlavor } from './vector-index.ts';\n",
  );
  fixture.write(
    'src/zebra.ts',
    `import { artifactStoreConfig, defineFlavor, secretField } from '@stack/core';
     const configSchema = artifactStoreConfig({ schemes: ['zebra://'] }).extend({ token: secretField() });
     export const zebraFlavor = defineFlavor({
       type: 'artifact-store', name: 'zebra', configSchema, implementation: () => import('./implementation.ts'),
     });\n`,
  );
  fixture.write(
    'src/vector-index.ts',
    `import { defineComponentType, defineFlavor, StackComponent } from '@stack/core';
     import * as z from 'zod';
     export abstract class VectorIndex extends StackComponent {}
     declare module '@stack/core' { interface ComponentTypes { 'a-vector-index': VectorIndex } }
     const description = 'Finds what is near.';
     defineComponentType({ name: 'a-vector-index', label: 'vector index', description, required: false, multiple: true });
     export const indexFlavor = defineFlavor({
       type: 'a-vector-index', name: 'flat', configSchema: z.object({}), implementation: () => import('./implementation.ts'),
     });\n`,
  );
  fixture.write(
    'src/implementation.ts',
    "process.getBuiltinModule('node:fs').writeFileSync('loaded', '');\nexport default undefined as never;\n",
  );
  return fixture;
}

test('the manifest describes the flavors and the own component types of a package, without their implementations', () => {
  using fixture = integration();
  expect(fixture.build()).toEqual({ status: 0, output: '' });
  const manifest = parseManifest(fixture.read('dist/stack-manifest.json'), 'the made-up package');
  expect(manifest).toMatchObject({ apiVersion: 1, package: '@acme/made-up', version: '1.2.3' });
  expect(manifest.componentTypes.map(({ name }) => name)).toEqual(['a-vector-index']);
  expect(manifest.flavors).toMatchObject([
    { type: 'a-vector-index', name: 'flat', export: 'indexFlavor' },
    { type: 'artifact-store', name: 'zebra', export: 'zebraFlavor', secretFields: ['token'] },
  ]);
  expect(existsSync(join(fixture.folder, 'loaded'))).toBe(false);
});

test('two builds in two homes and time zones give the same manifest, byte for byte', () => {
  using fixture = integration();
  const home = mkdtempSync(join(tmpdir(), 'stack-home-'));
  try {
    fixture.build();
    const first = fixture.read('dist/stack-manifest.json');
    fixture.build({ HOME: home, TZ: 'Pacific/Apia', LANG: 'cs_CZ.UTF-8' });
    expect(fixture.read('dist/stack-manifest.json')).toBe(first);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test('a package for another version of the contract does not build', () => {
  using fixture = integration({ stack: { ...stack, apiVersion: 2 } });
  const { status, output } = fixture.build();
  expect(status).toBe(1);
  expect(output).toContain('"stack.apiVersion" in the package.json of @acme/made-up must be 1');
});

test('a flavor under two names does not build', () => {
  using fixture = integration();
  fixture.write('src/index.ts', "export { zebraFlavor, zebraFlavor as other } from './zebra.ts';\n");
  const { status, output } = fixture.build();
  expect(status).toBe(1);
  expect(output).toContain('exports the flavor artifact-store/zebra as other and zebraFlavor; keep one');
});

test('a package that says it is an integration and brings nothing does not build', () => {
  using fixture = integration();
  fixture.write('src/index.ts', 'export {};\n');
  const { status, output } = fixture.build();
  expect(status).toBe(1);
  expect(output).toContain('exports no flavor and defines no component type');
});
