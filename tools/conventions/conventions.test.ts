import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { conventionViolations } from './conventions.ts';

type Json = Record<string, unknown>;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stack-conventions-'));
  write('package.json', { name: 'stack', devDependencies: { vitest: 'catalog:' } });
  writePackage('packages/core', '@stack/core', ['errors', 'manifest', 'discovery', 'secrets']);
  write('packages/core/src/index.ts', "import * as z from 'zod';\nexport const schema = z.object({});\n");
  for (const name of ['errors', 'manifest', 'discovery', 'secrets']) {
    write(`packages/core/src/${name}/index.ts`, `import type * as z from 'zod';\nexport type T = z.ZodType;\n`);
  }
  const storeEntries = ['flavor-snapshots', 'flavor-snapshots/postgres', 'names'];
  writePackage('packages/store', '@stack/store', storeEntries);
  for (const entry of storeEntries) {
    write(`packages/store/src/${entry}/index.ts`, "export { a } from '@stack/core/errors';\n");
  }
  write('packages/store/src/index.ts', "import { Kysely } from 'kysely';\nimport '@stack/core';\nexport { Kysely };\n");
  writePackage('packages/pipelines', '@stack/pipelines');
  writePackage('integrations/acme', '@stack/integration-acme', [], acmeFields);
  write(
    'integrations/acme/src/index.ts',
    "import 'node:path';\nexport { acmeFlavor } from './artifact-store/flavor.ts';\n",
  );
  write(
    'integrations/acme/src/artifact-store/config.ts',
    "import * as z from 'zod';\nexport const schema = z.object({});\n",
  );
  write('integrations/acme/src/artifact-store/flavor.ts', flavorText);
  write(
    'integrations/acme/src/artifact-store/implementation.ts',
    "import 'acme-sdk';\nimport { a } from './client.ts';\nexport default a;\n",
  );
  write('integrations/acme/src/artifact-store/client.ts', "import 'acme-sdk';\nexport const a = 1;\n");
  write('integrations/acme/src/artifact-store/implementation.test.ts', "import '@stack/testkit';\n");
  write('examples/tour/package.json', {
    name: '@stack/example-tour',
    private: true,
    dependencies: { '@stack/cli': 'workspace:^' },
  });
  write('examples/tour/README.md', '# Tour\n');
  write('examples/tour/tsconfig.json', {});
  write('examples/tour/run.ts', "import '@stack/integration-acme';\n");
});

afterEach(() => rmSync(root, { recursive: true }));

const acmeFields = {
  stack: { apiVersion: 1, manifest: './dist/stack-manifest.json' },
  peerDependencies: { '@stack/core': 'workspace:^', zod: 'catalog:' },
  dependencies: { 'acme-sdk': 'catalog:' },
};

const flavorText = `import { defineFlavor } from '@stack/core';
import { schema } from './config.ts';
export const acmeFlavor = defineFlavor({ configSchema: schema, implementation: () => import('./implementation.ts') });
`;

test('a tree that keeps the rules has no violation', () => {
  expect(conventionViolations(root)).toEqual([]);
});

describe('packages', () => {
  test('are named after their folder', () => {
    edit('packages/store', { name: '@stack/storage' });
    edit('integrations/acme', { name: '@stack/acme' });
    expectViolation('packages/store/package.json', 'package-name', '"@stack/store"');
    expectViolation('integrations/acme/package.json', 'package-name', '"@stack/integration-acme"');
  });

  test.each(['README.md', 'tsconfig.json', 'tsconfig.build.json', 'src/index.ts'])('have a %s', (file) => {
    rmSync(join(root, 'packages/store', file));
    expectViolation(`packages/store/${file}`, 'required-file');
  });

  test.each<[string, Json]>([
    ['type', { type: 'commonjs' }],
    ['description', { description: '' }],
    ['license', { license: 'MIT' }],
    ['engines', { engines: { node: '>=20' } }],
    ['files', { files: ['src'] }],
    ['sideEffects', { sideEffects: undefined }],
    ['private', { private: true }],
    ['access', { publishConfig: { exports: exportsOf([]).published } }],
    ['build', { scripts: {} }],
    ['typecheck', { scripts: {} }],
    ['package-check', { scripts: {} }],
  ])('have the right field "%s"', (field, change) => {
    edit('packages/store', change);
    expectViolation('packages/store/package.json', 'package-field', `"${field}"`);
  });

  test('that are integrations say where their manifest is, and have core and zod as peers', () => {
    edit('integrations/acme', { stack: { apiVersion: 1 }, peerDependencies: {} });
    expectViolation('integrations/acme/package.json', 'package-field', '"stack"');
    expectViolation('integrations/acme/package.json', 'package-field', '"@stack/core" a peer');
    expectViolation('integrations/acme/package.json', 'package-field', '"zod" a peer');
  });

  test('that are examples are private', () => {
    edit('examples/tour', { private: false });
    expectViolation('examples/tour/package.json', 'package-field', 'private');
  });

  test('take versions from the catalog or the workspace', () => {
    edit('packages/store', { dependencies: { kysely: '^0.29.0', '@stack/core': 'workspace:*' } });
    write('package.json', { devDependencies: { vitest: '5.1.1' } });
    expectViolation('packages/store/package.json', 'dependency-range', '"kysely"');
    expectViolation('packages/store/package.json', 'dependency-range', '"workspace:^"');
    expectViolation('package.json', 'dependency-range', '"vitest"');
  });
});

describe('entries', () => {
  const target = { '@stack/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' };
  const { '@stack/source': _, ...published } = target;

  test('begin with "." and end with "./package.json"', () => {
    edit('packages/store', { exports: { './package.json': './package.json', '.': target } });
    expectViolation('packages/store/package.json', 'exports', 'begin with "."');
    expectViolation('packages/store/package.json', 'exports', 'end with "./package.json"');
  });

  test('have the source condition first, then types, then the default', () => {
    const { types, default: file } = target;
    const exports = {
      '.': { types, '@stack/source': './src/index.ts', default: file },
      './package.json': './package.json',
    };
    edit('packages/store', { exports });
    expectViolation('packages/store/package.json', 'exports', '@stack/source, types, default, in this order');
  });

  test('are published without the source condition, and otherwise as they are', () => {
    edit('packages/store', { publishConfig: { access: 'public', exports: { '.': published } } });
    expectViolation('packages/store/package.json', 'exports', 'publishConfig.exports');
  });
});

describe('modules', () => {
  test('are parsed', () => {
    write('packages/store/src/a.ts', 'const = 1;\n');
    expectViolation('packages/store/src/a.ts', 'syntax');
  });

  test('have no `export *`', () => {
    write('packages/store/src/a.ts', "export * from './index.ts';\n");
    expectViolation('packages/store/src/a.ts', 'export-star');
  });

  test.each([
    ['an import', "import './b.js';"],
    ['an import of types', "import type { B } from './b.js';"],
    ['an export', "export { b } from './b.js';"],
    ['a lazy import', "export const b = () => import('./b.js');"],
    ['a type from an import', "export type B = import('./b.js').B;"],
  ])('are imported by their file name in %s', (_name, text) => {
    write('packages/store/src/a.ts', `${text}\n`);
    expectViolation('packages/store/src/a.ts', 'relative-specifier', '"./b.js"');
  });

  test('leave their package by its name alone', () => {
    write('packages/store/src/a.ts', "import '../../core/src/index.ts';\n");
    expectViolation('packages/store/src/a.ts', 'package-arrow', 'leads out');
  });

  test.each([
    ['packages/core/src/a.ts', '@stack/store'],
    ['packages/store/src/a.ts', '@stack/pipelines'],
    ['packages/pipelines/src/a.ts', '@stack/store/runs'],
    ['packages/pipelines/src/a.test.ts', '@stack/integration-acme'],
    ['packages/pipelines/test/a.ts', '@stack/integration-acme'],
    ['packages/pipelines/src/a.ts', '@stack/pipelines'],
    ['integrations/acme/src/a.ts', '@stack/pipelines'],
    ['integrations/acme/src/a.ts', '@stack/testkit'],
    ['integrations/acme/src/a.test.ts', '@stack/integration-local'],
  ])('of %s do not import %s', (file, specifier) => {
    write(file, `import type {} from '${specifier}';\n`);
    expectViolation(file, 'package-arrow', specifier.split('/').slice(0, 2).join('/'));
  });

  test('of the command line may import an integration, and tests their own package, as may a lazy import', () => {
    writePackage('packages/cli', '@stack/cli');
    write('packages/cli/src/command.ts', "import '@stack/integration-acme';\nexport {};\n");
    write('packages/store/test/a.ts', "import '@stack/store';\n");
    write('packages/store/src/a.ts', "export const all = () => import('@stack/store');\n");
    expect(conventionViolations(root)).toEqual([]);
  });

  test('of a package without a place among the arrows are not let through', () => {
    writePackage('packages/novelty', '@stack/novelty');
    expectViolation('packages/novelty/package.json', 'package-arrow', 'table of arrows');
  });

  test.each(['kysely', 'node:sqlite'])('outside of the store do not import %s', (specifier) => {
    write('packages/pipelines/src/a.ts', `import '${specifier}';\n`);
    expectViolation('packages/pipelines/src/a.ts', 'sql-owner', specifier);
  });
});

describe('an integration', () => {
  const folder = 'integrations/acme/src/artifact-store';

  test.each(['acme-sdk', './client.ts', 'node:fs'])('has no import of %s in config.ts', (specifier) => {
    write(`${folder}/config.ts`, `import '${specifier}';\n`);
    expectViolation(`${folder}/config.ts`, 'flavor-import', specifier);
  });

  test('shares fields of its configs in another config.ts', () => {
    write('integrations/acme/src/connection/config.ts', 'export const acmeConnectionFields = {};\n');
    write(`${folder}/config.ts`, "import '../connection/config.ts';\n");
    expect(conventionViolations(root)).toEqual([]);
    write(`${folder}/config.ts`, "import '../connection/client.ts';\n");
    expectViolation(`${folder}/config.ts`, 'flavor-import', '../connection/client.ts');
  });

  test('imports its implementation lazily, by a literal', () => {
    write(`${folder}/flavor.ts`, "import './implementation.ts';\n");
    expectViolation(`${folder}/flavor.ts`, 'flavor-import', 'imports "./implementation.ts"');
    expectViolation(`${folder}/implementation.ts`, 'lazy-implementation', 'package loads it (integrations');
    write(`${folder}/flavor.ts`, "const file = './implementation.ts';\nexport const load = () => import(file);\n");
    expectViolation(`${folder}/flavor.ts`, 'flavor-import', 'no literal');
  });

  test('does not take the type of its implementation into flavor.ts', () => {
    write(`${folder}/flavor.ts`, "import type A from './implementation.ts';\nexport type B = A;\n");
    expectViolation(`${folder}/flavor.ts`, 'flavor-import', './implementation.ts');
  });

  test('does not bring its SDK in by its entry, however long the way', () => {
    write('integrations/acme/src/index.ts', "export { b } from './b.ts';\n");
    write('integrations/acme/src/b.ts', "export { a as b } from './artifact-store/client.ts';\n");
    const source = 'integrations/acme/src';
    const chain = `${source}/index.ts → ${source}/b.ts → ${folder}/client.ts`;
    expectViolation(`${folder}/client.ts`, 'lazy-implementation', chain);
  });

  test('does not need its SDK to compile against its entry', () => {
    write('integrations/acme/src/index.ts', "export type { Client } from 'acme-sdk';\n");
    expectViolation('integrations/acme/src/index.ts', 'lazy-implementation', 'acme-sdk');
  });
});

describe('an entry that the command line lists from', () => {
  test('reaches zod by no chain of imports', () => {
    write('packages/core/src/errors/index.ts', "export { a } from '../a.ts';\n");
    write('packages/core/src/a.ts', "import * as z from 'zod';\nexport const a = z;\n");
    expectViolation(
      'packages/core/src/a.ts',
      'light-entry',
      '@stack/core/errors loads zod (packages/core/src/errors/index.ts → packages/core/src/a.ts)',
    );
  });

  test('is evaluated by an import that has only types inside its braces', () => {
    write('packages/core/src/secrets/index.ts', "import { type ZodType } from 'zod';\nexport type A = ZodType;\n");
    expectViolation('packages/core/src/secrets/index.ts', 'light-entry', '@stack/core/secrets');
  });

  test('reaches zod by no chain through another package', () => {
    write('packages/core/src/errors/index.ts', "import 'zod';\nexport const a = 1;\n");
    const message =
      '@stack/store/flavor-snapshots loads zod (packages/store/src/flavor-snapshots/index.ts → packages/core';
    expectViolation('packages/core/src/errors/index.ts', 'light-entry', message);
  });

  test('loads no query builder and no integration', () => {
    writePackage('packages/cli', '@stack/cli');
    write('packages/cli/src/index.ts', "import '@stack/store';\nimport '@stack/integration-acme';\n");
    expectViolation('packages/store/src/index.ts', 'light-entry', '@stack/cli loads kysely');
    expectViolation('integrations/acme/src/index.ts', 'light-entry', '@stack/cli loads @stack/integration-acme');
  });

  test('may load zod later', () => {
    write('packages/core/src/manifest/index.ts', "export const load = () => import('zod');\n");
    expect(conventionViolations(root)).toEqual([]);
  });

  test('is there', () => {
    const { exports, published } = exportsOf(['errors', 'manifest', 'discovery']);
    edit('packages/core', { exports, publishConfig: { access: 'public', exports: published } });
    expectViolation('packages/core/package.json', 'light-entry', '"./secrets"');
  });
});

function expectViolation(file: string, rule: string, text = ''): void {
  const message: unknown = expect.stringContaining(text);
  expect(conventionViolations(root)).toContainEqual({ file, rule, message });
}

function exportsOf(subpaths: readonly string[]): { exports: Json; published: Json } {
  const exports: Json = {};
  const published: Json = {};
  for (const [subpath, name] of [['.', 'index'], ...subpaths.map((path) => [`./${path}`, `${path}/index`])]) {
    published[String(subpath)] = { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` };
    exports[String(subpath)] = {
      '@stack/source': `./src/${name}.ts`,
      types: `./dist/${name}.d.ts`,
      default: `./dist/${name}.js`,
    };
  }
  exports['./package.json'] = './package.json';
  published['./package.json'] = './package.json';
  return { exports, published };
}

function writePackage(folder: string, name: string, subpaths: readonly string[] = [], fields: Json = {}): void {
  const { exports, published } = exportsOf(subpaths);
  const tool = (file: string) => `node ../../tools/build/${file}.ts`;
  write(`${folder}/package.json`, {
    name,
    description: 'A package.',
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=24.11' },
    files: ['dist'],
    exports,
    publishConfig: { access: 'public', exports: published },
    scripts: {
      build: tool('build-package'),
      typecheck: 'tsc -p tsconfig.json',
      'package-check': tool('check-package'),
    },
    ...fields,
  });
  write(`${folder}/README.md`, `# ${name}\n`);
  write(`${folder}/tsconfig.json`, {});
  write(`${folder}/tsconfig.build.json`, {});
  write(`${folder}/src/index.ts`, 'export {};\n');
}

function edit(folder: string, change: Json): void {
  const file = `${folder}/package.json`;
  write(file, { ...(JSON.parse(read(file)) as Json), ...change });
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function write(file: string, content: string | Json): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}
