import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StackError } from '@stack/core';
import { ModuleLoader, parseSourceReference } from '@stack/project';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// This package: `@stack/core` and zod are installed there.
const provider = join(import.meta.dirname, '..', '..');

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'stack-modules-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

function load(source: string, from = root): Promise<unknown> {
  return new ModuleLoader(from, [provider]).load(parseSourceReference(source)).then(({ value }) => value);
}

async function failure(source: string): Promise<StackError> {
  const error = await load(source).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!StackError.is(error)) throw new Error('expected a StackError', { cause: error });
  return error;
}

describe('parseSourceReference', () => {
  it.each([
    ['./flavors/my-s3.ts#myS3', true],
    ['../my-s3#myS3', true],
    ['/work/my-s3.ts#myS3', true],
    ['flavors/my-s3.ts#myS3', true],
    ['@acme/pkg#flavor', false],
    ['@acme/pkg/flavors#flavor', false],
  ])('tells whether %s is a file', (text, isFile) => {
    expect(parseSourceReference(text).isFile).toBe(isFile);
  });

  it.each(['', 'a.ts', 'a.ts#', '#a', 'a.ts#a-b', 'a#b#c'])('refuses %j', (text) => {
    expect(() => parseSourceReference(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
  });
});

describe('a file of the user', () => {
  it.each([
    ['pipelines/greeting#a', 'pipelines/greeting.ts#EXPORT'],
    ['settings.json#a', '.mjs'],
  ])('%s is not taken for a package that is not installed', async (source, hint) => {
    await write('pipelines/greeting.ts', 'export const a = 1;');
    await write('settings.json', '{}');
    const error = await failure(source);
    expect(error.code).toBe('MODULE_NOT_FOUND');
    expect(error.hint).toContain(hint);
  });

  it('that has the name of an installed package leaves that package alone', async () => {
    await write('node_modules/pkg/index.js', `export const a = 'package';`);
    await write('pkg.ts', `export const a = 'file';`);
    expect(await load('pkg#a')).toBe('package');
  });

  it('is TypeScript that runs as it is, in a folder without a package.json', async () => {
    await write('a.ts', `interface A { readonly b: number }\nexport const a: A = { b: 1 } satisfies A;`);
    expect(await load('a.ts#a')).toEqual({ b: 1 });
  });

  it('is an ES module where package.json does not say so, and no warning is printed', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning');
    await write('package.json', '{}');
    await write('a.ts', `export const a: number = 1;`);
    expect(await load('a.ts#a')).toBe(1);
    expect(emitWarning).not.toHaveBeenCalled();
    emitWarning.mockRestore();
  });

  it.each(['./x.ts', './x.js', './x', './folder'])('may import %s for a TypeScript file', async (specifier) => {
    await write('x.ts', `export const x: number = 1;`);
    await write('folder/index.ts', `export const x: number = 1;`);
    await write('a.ts', `import { x } from '${specifier}';\nexport const a: number = x;`);
    expect(await load('./a.ts#a')).toBe(1);
  });

  it('prefers the JavaScript file that a specifier names', async () => {
    await write('x.ts', `export const x = 'ts';`);
    await write('x.js', `export const x = 'js';`);
    await write('package.json', '{ "type": "module" }');
    await write('a.ts', `export { x as a } from './x.js';`);
    expect(await load('a.ts#a')).toBe('js');
  });

  it('finds @stack/core and zod in a folder without node_modules', async () => {
    await write(
      'a.ts',
      `import { StackError } from '@stack/core';\nimport * as z from 'zod';\nexport const a = [typeof StackError, z.string().parse('b')];`,
    );
    expect(await load('a.ts#a')).toEqual(['function', 'b']);
  });

  it('takes the @stack/core that its own folder has installed', async () => {
    await write('node_modules/@stack/core/package.json', '{ "type": "module", "exports": "./index.js" }');
    await write('node_modules/@stack/core/index.js', `export const own = true;`);
    await write('a.ts', `export { own as a } from '@stack/core';`);
    expect(await load('a.ts#a')).toBe(true);
  });

  it('does not find other packages of the provider', async () => {
    await write('a.ts', `import 'yaml';\nexport const a = 1;`);
    expect(await failure('a.ts#a')).toMatchObject({ code: 'DEPENDENCY_MISSING', hint: 'Install it: npm install yaml' });
  });

  it('with an enum is refused with what to do', async () => {
    await write('a.ts', `export enum Colour { Red }\nexport const a = 1;`);
    const error = await failure('a.ts#a');
    expect(error.code).toBe('MODULE_LOAD_FAILED');
    expect(error.hint).toContain('erasableSyntaxOnly');
  });

  it('that does not parse is told with the line', async () => {
    await write('b.ts', `export const b = 1;\n\nexport const x = {;`);
    await write('a.ts', `export { b as a } from './b.ts';`);
    expect((await failure('a.ts#a')).message).toMatch(/The file a\.ts cannot be imported: Unexpected.*, at .*b\.ts:3$/);
  });

  it('of JavaScript that does not parse is told with the line, and none of it runs', async () => {
    await write('b.js', `globalThis.hasRun = true;\nexport const b = 1;\n\nexport const x = { a: 1; };`);
    await write('a.js', `globalThis.hasRun = true;\nexport { b as a } from './b.js';`);
    const error = await failure('a.js#a');
    expect(error.message).toMatch(/The file a\.js cannot be imported: Unexpected token ';', at .*b\.js:4$/);
    expect(error.hint).toMatch(/node --check .*b\.js$/);
    expect(globalThis).not.toHaveProperty('hasRun');
  });

  it('with a type imported without "type" is refused with what to do', async () => {
    await write('b.ts', `export interface B { readonly b: number }`);
    await write('a.ts', `import { B } from './b.ts';\nexport const a: B = { b: 1 };`);
    const error = await failure('a.ts#a');
    expect(error.code).toBe('MODULE_LOAD_FAILED');
    expect(error.hint).toContain('import type');
  });

  it('that throws on import is named, with what it threw', async () => {
    await write('a.ts', `throw new Error('no luck');`);
    const error = await failure('./a.ts#a');
    expect(error.code).toBe('MODULE_LOAD_FAILED');
    expect(error.message).toContain('a.ts');
    expect(error.message).toContain('no luck');
  });

  it('keeps the code of a StackError that it throws', async () => {
    await write(
      'a.ts',
      `import { StackError } from '@stack/core';\nthrow new StackError({ code: 'FLAVOR_INVALID', message: 'bad' });`,
    );
    expect(await failure('a.ts#a')).toMatchObject({ code: 'FLAVOR_INVALID', message: 'bad' });
  });

  it('that is not there is MODULE_NOT_FOUND', async () => {
    expect(await failure('a.ts#a')).toMatchObject({ code: 'MODULE_NOT_FOUND', hint: expect.stringContaining(root) });
  });

  it('that imports a file which is not there is MODULE_LOAD_FAILED', async () => {
    await write('a.ts', `import './b.ts';\nexport const a = 1;`);
    expect(await failure('a.ts#a')).toMatchObject({
      code: 'MODULE_LOAD_FAILED',
      message: expect.stringContaining('b.ts'),
    });
  });

  it('without the export is EXPORT_NOT_FOUND with the nearest name', async () => {
    await write('a.ts', `export const flavour = 1;`);
    expect(await failure('a.ts#flavor')).toMatchObject({ code: 'EXPORT_NOT_FOUND', hint: 'Did you mean "flavour"?' });
  });

  it('is known with all that it imports, from inside of the project alone', async () => {
    await write('a.ts', `import './folder/b.js';\nimport '@stack/core';\nexport const a = 1;`);
    await write('folder/b.ts', `import '../c.ts';`);
    await write('c.ts', `export {};`);
    const loader = new ModuleLoader(root, [provider]);
    const { file = '' } = await loader.load(parseSourceReference('a.ts#a'));
    expect(Object.keys(loader.filesOf(file))).toEqual(['a.ts', 'c.ts', 'folder/b.ts']);
  });

  it('is known with all that it imports in a project behind a symbolic link', async () => {
    await write('real/a.ts', `import './b.ts';\nexport const a = 1;`);
    await write('real/b.ts', `export {};`);
    await symlink(join(root, 'real'), join(root, 'link'));
    const loader = new ModuleLoader(join(root, 'link'), [provider]);
    const { file = '' } = await loader.load(parseSourceReference('a.ts#a'));
    expect(Object.keys(loader.filesOf(file))).toEqual(['a.ts', 'b.ts']);
  });
});

describe('a package', () => {
  it('is found as a file of the project would find it', async () => {
    await write(
      'node_modules/@acme/pkg/package.json',
      '{ "type": "module", "exports": { "./flavors": "./flavors.js" } }',
    );
    await write('node_modules/@acme/pkg/flavors.js', `export const flavor = 1;`);
    expect(await load('@acme/pkg/flavors#flavor')).toBe(1);
  });

  it('that is not installed is DEPENDENCY_MISSING with the command that installs it', async () => {
    expect(await failure('@acme/pkg#flavor')).toMatchObject({
      code: 'DEPENDENCY_MISSING',
      hint: 'Install it: npm install @acme/pkg',
    });
  });
});
