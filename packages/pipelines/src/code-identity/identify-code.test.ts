import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { CodeProject } from '../testing/code-project.ts';
import type { CodeIdentity } from './identify-code.ts';

const step = `import { step } from '@stack/pipelines';\n`;
const stackPackage = {
  'node_modules/@stack/pipelines/package.json':
    '{ "name": "@stack/pipelines", "version": "1.2.3", "exports": "./index.js" }',
  'node_modules/@stack/pipelines/index.js': 'export const step = 1;',
};

type Files = Readonly<Record<string, string>>;

/** Which parts of a step's code are others after a change; nothing at all when the digest is the same. */
async function changes(files: Files, changed: Files): Promise<readonly string[]> {
  await using project = await CodeProject.create({ ...stackPackage, ...files });
  const before = known(await project.identify('steps.ts', 'export const load'));
  await project.write(changed);
  const after = known(await project.identify('steps.ts', 'export const load'));
  const labels = [...new Set([...before.parts.keys(), ...after.parts.keys()])];
  const different = labels.filter((label) => before.parts.get(label) !== after.parts.get(label));
  expect(before.digest !== after.digest).toBe(different.length > 0);
  return different;
}

function known(identity: CodeIdentity) {
  if ('uncacheable' in identity) throw new Error(identity.uncacheable);
  return identity;
}

async function reason(files: Files): Promise<string | undefined> {
  await using project = await CodeProject.create({ ...stackPackage, ...files });
  const identity = await project.identify('steps.ts', 'export const load');
  return 'uncacheable' in identity ? identity.uncacheable : undefined;
}

describe('what is no change of code', () => {
  const written = `${step}
    interface Row { a: number }
    /** Loads. */
    export const load = step({ name: 'load' }, async ({ url }: { url: string }): Promise<Row[]> => {
      const rows = (await fetch(url).then((r) => r.json())) as Row[];
      class Box<T> { declare tag: string; private readonly value!: T; get(this: Box<T>): T; get(k?: T): T { return k! } }
      return rows.map(({ a }) => ({ 'a': a, box: new Box<number>() })) satisfies unknown[];
    });`;

  it.each([
    ['comments', written.replace('/** Loads. */', '// Loads the rows.\n')],
    ['formatting', written.replaceAll(/\n\s*/g, '\n').replaceAll("'", '"').replace('{ "a": a,', '{ a,')],
    [
      'types',
      written
        .replace('a: number', 'a: bigint')
        .replace(': Promise<Row[]>', '')
        .replace('satisfies unknown[]', '')
        .replace('declare tag: string; private readonly value!: T; get(this: Box<T>): T;', 'value;')
        .replace('k?: T): T { return k! }', 'k) { return k }')
        .replace('new Box<number>()', 'new Box()'),
    ],
    ['an unrelated declaration', `${written}\nexport const other = step({ name: 'other' }, () => 1);`],
    [
      'a pipeline',
      `${written.replace('{ step }', '{ pipeline, step }')}\nexport const all = pipeline({ name: 'p' }, () => load());\nawait all.run({});`.replace(
        'await all.run({});',
        '',
      ),
    ],
    ['an import of a type', `import type { A } from './nowhere.ts';\n${written}`],
  ])('%s', async (_what, changed) => {
    expect(changed).not.toBe(written);
    expect(await changes({ 'steps.ts': written }, { 'steps.ts': changed })).toEqual([]);
  });

  it('the folder of the project', async () => {
    const files = { ...stackPackage, 'steps.ts': written };
    await using one = await CodeProject.create(files);
    await using other = await CodeProject.create(files);
    const identify = (project: CodeProject) => project.identify('steps.ts', 'export const load');
    expect(await identify(one)).toEqual(await identify(other));
  });
});

describe('a change of code', () => {
  const load = `export const load = step({ name: 'load' }, () => help(1));`;
  const using = (names: string, from = './help.ts') => `${step}import ${names} from '${from}';\n${load}`;

  it.each<[string, Files, Files, string[]]>([
    [
      'of the function',
      { 'steps.ts': `${step}export const load = step({ name: 'load' }, () => 1);` },
      { 'steps.ts': `${step}export const load = step({ name: 'load' }, () => 2);` },
      ['steps.ts#load'],
    ],
    [
      'of an operator',
      { 'steps.ts': `export const load = f((a, b) => a?.b);` },
      { 'steps.ts': `export const load = f((a, b) => a.b);` },
      ['steps.ts#load'],
    ],
    [
      'of a kind of number',
      { 'steps.ts': `export const load = f(1n);` },
      { 'steps.ts': `export const load = f(1);` },
      ['steps.ts#load'],
    ],
    [
      'of a text into a number',
      { 'steps.ts': `export const load = f('1');` },
      { 'steps.ts': `export const load = f(1);` },
      ['steps.ts#load'],
    ],
    [
      'of a field that is set to undefined',
      { 'steps.ts': `export const load = f(class { declare a: 1 });` },
      { 'steps.ts': `export const load = f(class { a: 1 });` },
      ['steps.ts#load'],
    ],
    [
      'of a hole in a list',
      { 'steps.ts': `export const load = f([, 1]);` },
      { 'steps.ts': `export const load = f([1]);` },
      ['steps.ts#load'],
    ],
    [
      'of a helper beside it',
      { 'steps.ts': `export const load = f(() => a()); function a() { return 1 }` },
      { 'steps.ts': `export const load = f(() => a()); function a() { return 2 }` },
      ['steps.ts#a'],
    ],
    [
      'of a destructured variable',
      { 'steps.ts': `const { a: { b = 1 }, ...c } = d; export const load = f(() => b);` },
      { 'steps.ts': `const { a: { b = 2 }, ...c } = d; export const load = f(() => b);` },
      ['steps.ts#b,c'],
    ],
    [
      'of one variable of a statement',
      { 'steps.ts': `var x = 1, y = 1, z = 1; export const load = f(() => y);` },
      { 'steps.ts': `var x = 2, y = 2, z = 1; export const load = f(() => y);` },
      ['steps.ts#y'],
    ],
    [
      'of a member of a class',
      { 'steps.ts': `export const load = f(() => new A()); class A { static #x = 1 }` },
      { 'steps.ts': `export const load = f(() => new A()); class A { static #x = 2 }` },
      ['steps.ts#A'],
    ],
    [
      'of what sets a variable',
      { 'steps.ts': `let a; export function set() { a = 1 } export const load = f(() => a);` },
      { 'steps.ts': `let a; export function set() { a = 2 } export const load = f(() => a);` },
      ['steps.ts#set'],
    ],
    [
      'of what changes a property',
      { 'steps.ts': `const a = {}; export function set() { [a.b.c] = [1] } export const load = f(() => a);` },
      { 'steps.ts': `const a = {}; export function set() { [a.b.c] = [2] } export const load = f(() => a);` },
      ['steps.ts#set'],
    ],
    [
      'of a statement that does something',
      { 'steps.ts': `process.env.A = '1';\nexport const load = f(() => 1);` },
      { 'steps.ts': `process.env.A = '2';\nexport const load = f(() => 1);` },
      ['steps.ts#top-level code'],
    ],
    [
      'of a variable that nothing reads',
      { 'steps.ts': `const a = start(1);\nexport const load = f(() => 1);` },
      { 'steps.ts': `const a = start(2);\nexport const load = f(() => 1);` },
      ['steps.ts#a'],
    ],
    [
      'of a variable that is computed by changing what the step uses',
      {
        'steps.ts': `import { models } from './models.ts'; export const load = f(() => models.get('a'));`,
        'models.ts': `const kept = new Map(); export const models = kept;
          const define = (name, make) => { kept.set(name, make); return make; };
          export const a = define('a', () => 1); export const apart = start(1);`,
      },
      {
        'models.ts': `const kept = new Map(); export const models = kept;
          const define = (name, make) => { kept.set(name, make); return make; };
          export const a = define('a', () => 2); export const apart = start(2);`,
      },
      ['models.ts#a'],
    ],
    [
      'of what sets a variable by a function',
      {
        'steps.ts': `import { load as f, level } from './levels.ts'; export const load = f(() => level);`,
        'levels.ts': `export let level = 0; export const set = (to) => { level = to; return to; }; export const a = set(1); export const load = 1;`,
      },
      {
        'levels.ts': `export let level = 0; export const set = (to) => { level = to; return to; }; export const a = set(2); export const load = 1;`,
      },
      ['levels.ts#a'],
    ],
    [
      'of the order of what does something',
      { 'steps.ts': `let n = 0; n = n + 1; const m = n; export const load = f(() => m);` },
      { 'steps.ts': `let n = 0; const m = n; n = n + 1; export const load = f(() => m);` },
      ['steps.ts#order'],
    ],
    [
      'of a helper in another module',
      { 'steps.ts': using('{ help }'), 'help.ts': 'export const help = (a) => a; export const other = 1;' },
      { 'help.ts': 'export const help = (a) => -a; export const other = 2;' },
      ['help.ts#help'],
    ],
    [
      'of a helper of a helper, in a cycle',
      {
        'steps.ts': using('{ help }'),
        'help.ts': `import { more } from './more.ts'; export const help = (a) => more(a);`,
        'more.ts': `import { help } from './help.ts'; export const more = (a) => a && help(a);`,
      },
      { 'more.ts': `import { help } from './help.ts'; export const more = (a) => a || help(a);` },
      ['more.ts#more'],
    ],
    [
      'of an import by another name',
      { 'steps.ts': using('{ one as help }'), 'help.ts': 'export const one = 1; export const two = 2;' },
      { 'steps.ts': using('{ two as help }') },
      ['steps.ts#load', 'help.ts#one', 'help.ts#two'],
    ],
    [
      'of two imports into each other',
      {
        'steps.ts': `import { one as a, two as b } from './help.ts'; export const load = f(a, b);`,
        'help.ts': 'export const one = 1; export const two = 2;',
      },
      { 'steps.ts': `import { one as b, two as a } from './help.ts'; export const load = f(a, b);` },
      ['steps.ts#load'],
    ],
    [
      'of a re-export',
      {
        'steps.ts': using('{ help }'),
        'help.ts': `export { one as help } from './more.ts';`,
        'more.ts': 'export const one = 1; export const two = 2;',
      },
      { 'help.ts': `export { two as help } from './more.ts';` },
      ['more.ts#one', 'steps.ts#load', 'more.ts#two'],
    ],
    [
      'behind an import that is exported',
      {
        'steps.ts': using('{ help }'),
        'help.ts': `import { one } from './more.ts'; export { one as help };`,
        'more.ts': 'export const one = 1;',
      },
      { 'more.ts': 'export const one = 2;' },
      ['more.ts#one'],
    ],
    [
      'behind an export *',
      {
        'steps.ts': using('{ help }'),
        'help.ts': `export * from './no.ts'; export * from './more.ts';`,
        'no.ts': `export * from './help.ts'`,
        'more.ts': 'export const help = 1; export const two = 1;',
      },
      { 'more.ts': 'export const help = 2; export const two = 2;' },
      ['more.ts#help'],
    ],
    [
      'of anything behind an export * that hides it',
      { 'steps.ts': using('{ help }'), 'help.ts': `export * from './more.cjs';`, 'more.cjs': 'exports.help = 1;' },
      { 'more.cjs': 'exports.help = 2;' },
      ['more.cjs#top-level code'],
    ],
    [
      'of a default export',
      { 'steps.ts': using('help'), 'help.ts': 'export default (a) => a;' },
      { 'help.ts': 'export default (a) => -a;' },
      ['help.ts#default'],
    ],
    [
      'of a default export with a name',
      { 'steps.ts': using('help'), 'help.ts': 'export default function name() { return 1 }' },
      { 'help.ts': 'export default function name() { return 2 }' },
      ['help.ts#name'],
    ],
    [
      'of anything in a namespace',
      {
        'steps.ts': using('* as help'),
        'help.ts': `export * as a from './more.ts';`,
        'more.ts': `export * as b from './help.ts'; const hidden = 1; export const x = 1;`,
      },
      { 'more.ts': `export * as b from './help.ts'; const hidden = 1; export const x = 2;` },
      ['more.ts#x'],
    ],
    [
      'of what is imported while it runs',
      {
        'steps.ts': 'export const load = f(() => import(`./help.ts`));',
        'help.ts': `import './more.ts'; export const x = 1;`,
        'more.ts': 'go(1);',
      },
      { 'help.ts': `import './more.ts'; export const x = 2;`, 'more.ts': 'go(2);' },
      ['help.ts#x', 'more.ts#top-level code'],
    ],
    [
      'of what is required',
      {
        'steps.ts': `const require = createRequire(import.meta.url); export const load = f(() => require('./help.cjs'));`,
        'help.cjs': 'module.exports = 1;',
      },
      { 'help.cjs': 'module.exports = 2;' },
      ['help.cjs#top-level code'],
    ],
    [
      'of a worker',
      {
        'steps.ts': `export const load = f(() => new Worker(new URL('worker.ts', import.meta.url)));`,
        'worker.ts': 'go(1);',
      },
      { 'worker.ts': 'go(2);' },
      ['worker.ts#top-level code'],
    ],
    [
      'of a module that is imported for what it does',
      {
        'steps.ts': `import './a.ts'; export const load = f(() => 1);`,
        'a.ts': `import './b.ts';`,
        'b.ts': `import { x } from './c.ts'; go(x);`,
        'c.ts': 'export const x = 1; export const y = 1;',
      },
      { 'c.ts': 'export const x = 2; export const y = 2;' },
      ['c.ts#x'],
    ],
    [
      'of JSON',
      { 'steps.ts': using('help', './help.json'), 'help.json': '{ "a": 1 }' },
      { 'help.json': '{"a":2}' },
      ['help.json'],
    ],
    [
      'of the version of a package',
      {
        'steps.ts': using('{ help }', 'help'),
        'node_modules/help/package.json': '{ "name": "help", "version": "1.0.0" }',
        'node_modules/help/index.js': 'export const help = 1;',
      },
      { 'node_modules/help/package.json': '{ "name": "help", "version": "1.0.1" }' },
      ['package:help'],
    ],
    [
      'of the version of Stack',
      { 'steps.ts': `${step}export const load = step(1);` },
      {
        'node_modules/@stack/pipelines/package.json':
          '{ "name": "@stack/pipelines", "version": "1.2.4", "exports": "./index.js" }',
      },
      ['package:@stack/pipelines'],
    ],
  ])('%s', async (_what, files, changed, parts) => {
    expect((await changes(files, changed)).toSorted()).toEqual(parts.toSorted());
  });

  it.each<[string, Files, Files]>([
    [
      'the formatting of JSON',
      { 'steps.ts': using('help', './help.json'), 'help.json': '{ "a": 1 }' },
      { 'help.json': '{"a":1}' },
    ],
    [
      'a package that another step imports',
      {
        'steps.ts': `import { o } from 'help'; export const other = f(o); export const load = f(1);`,
        'node_modules/help/package.json': '{ "name": "help", "version": "1.0.0" }',
        'node_modules/help/index.js': 'export const o = 1;',
      },
      { 'node_modules/help/package.json': '{ "name": "help", "version": "1.0.1" }' },
    ],
    [
      'a step that the same script runs',
      {
        'steps.ts': `import { pipeline, step } from '@stack/pipelines'; export const load = step(1); const p = pipeline(() => other(load())); export const other = step(1); await p.run();`,
      },
      {
        'steps.ts': `import { pipeline, step } from '@stack/pipelines'; export const load = step(1); const p = pipeline(() => other(load())); export const other = step(2); await p.run();`,
      },
    ],
    [
      'a step that uses the same values',
      {
        'steps.ts': `import { step } from '@stack/pipelines'; const log = start(); export const load = step({}, () => log(1)); export const other = step({}, () => log(1));`,
      },
      {
        'steps.ts': `import { step } from '@stack/pipelines'; const log = start(); export const load = step({}, () => log(1)); export const other = step({}, () => log(2));`,
      },
    ],
  ])('is none: %s', async (_what, files, changed) => {
    expect(await changes(files, changed)).toEqual([]);
  });

  it('of a linked package, which counts by its code', async () => {
    const linked = await mkdtemp(join(tmpdir(), 'stack-linked-'));
    try {
      await writeFile(
        join(linked, 'package.json'),
        '{ "name": "@acme/help", "version": "1.0.0", "type": "module", "exports": "./help.js" }',
      );
      await writeFile(join(linked, 'help.js'), 'export const help = 1; export const other = 1;');
      await using project = await CodeProject.create({ ...stackPackage, 'steps.ts': using('{ help }', '@acme/help') });
      await project.link('node_modules/@acme/help', linked);
      const before = known(await project.identify('steps.ts', 'export const load'));
      await writeFile(join(linked, 'help.js'), 'export const help = 2; export const other = 2;');
      const after = known(await project.identify('steps.ts', 'export const load'));
      expect([...before.parts.keys()]).toContain('@acme/help:help.js#help');
      expect(after.digest).not.toBe(before.digest);
      expect(after.parts.get('package:@acme/help')).toBeUndefined();
    } finally {
      await rm(linked, { recursive: true });
    }
  });
});

it.each<[string, Files]>([
  ['a folder that has no name', { 'lib/package.json': '{ "type": "module" }' }],
  ['a project in it, without a name', { 'lib/package.json': '{ "type": "module" }', 'lib/.stack/.gitignore': '*' }],
  ['a project in it', { 'lib/package.json': '{ "name": "lib", "type": "module" }', 'lib/.stack/.gitignore': '*' }],
  ['a package of the same name', { 'lib/package.json': '{ "name": "code", "type": "module" }' }],
])('files of the same path are told apart: %s', async (_what, files) => {
  const before = {
    'steps.ts': `import { a } from './a.ts'; import { a as b } from './lib/a.ts'; export const load = f(a, b);`,
    'a.ts': 'export const a = 1;',
    'lib/a.ts': 'export const a = 1;',
    ...files,
  };
  expect(await changes(before, { 'a.ts': 'export const a = 2;' })).toEqual(['a.ts#a']);
  expect(await changes(before, { 'lib/a.ts': 'export const a = 2;' })).toEqual([expect.stringMatching(/.a\.ts#a$/)]);
});

test.each<[string, string, Files]>([
  ['steps.ts:2 imports a module whose name is computed', "\nexport const load = f((x) => import('./' + x));", {}],
  ['steps.ts:1 requires a module whose name is computed', 'export const load = f((x) => require(x));', {}],
  ['steps.ts:1 calls eval', 'export const load = f((x) => eval(x));', {}],
  ['steps.ts:1 makes a function of a text', 'export const load = f((x) => new Function(x));', {}],
  [
    'steps.ts:1 calls the function that createRequire makes something else than "require"',
    'const r = createRequire(1); export const load = f(() => r("x"));',
    {},
  ],
  ['gone.ts cannot be read: ENOENT', `import { a } from './gone.ts'; export const load = f(a);`, {}],
  [
    'steps.ts imports "nowhere", which cannot be found: ERR_MODULE_NOT_FOUND',
    `import { a } from 'nowhere'; export const load = f(a);`,
    {},
  ],
  [
    'broken.ts cannot be read',
    `import { a } from './broken.ts'; export const load = f(a);`,
    { 'broken.ts': 'const = ;' },
  ],
  [
    'more.ts:1 calls eval',
    `import { a } from './more.ts'; export const load = f(a);`,
    { 'more.ts': 'export const a = () => eval("1");' },
  ],
])('cannot be known: %s', async (expected, source, files) => {
  expect(await reason({ 'steps.ts': source, ...files })).toContain(expected);
});

test.each<[string, Files]>([
  ['eval in a step beside it', { 'steps.ts': 'export const load = f(1); export const other = f(() => eval("1"));' }],
  ['a method that is called eval', { 'steps.ts': 'export const load = f((client) => client.eval("1"));' }],
])('is known in spite of %s', async (_what, files) => {
  expect(await reason(files)).toBeUndefined();
});

test('code that was changed after it was loaded cannot be known', async () => {
  const files = {
    'steps.ts': `import { a } from './more.ts'; export const load = f(a);`,
    'more.ts': 'export const a = 1;',
  };
  await using project = await CodeProject.create(files);
  const identity = await project.identify('steps.ts', 'export const load', { at: Date.now() - 60_000 });
  expect(identity).toEqual({ uncacheable: expect.stringContaining('was changed after it was loaded') });
});

describe('what is known of a module', () => {
  it('is kept on disk under the digest of its text, and made anew where that is damaged', async () => {
    await using project = await CodeProject.create({ 'steps.ts': 'export const load = f(1);' });
    const folder = join(project.folder, '.stack/cache/code');
    const before = await project.identify('steps.ts', 'export const load');
    const [name = ''] = await readdir(folder);
    const kept = await readFile(join(folder, name), 'utf8');
    // It is read from there:
    await writeFile(join(folder, name), kept.replace(/"digest":"\w+"/, '"digest":"other"'));
    expect(await project.identify('steps.ts', 'export const load')).not.toEqual(before);
    await writeFile(join(folder, name), kept.slice(0, 20));
    expect(await project.identify('steps.ts', 'export const load')).toEqual(before);
    expect(await readFile(join(folder, name), 'utf8')).toBe(kept);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('is kept nowhere outside of a project', async () => {
    await using project = await CodeProject.create({ 'steps.ts': 'export const load = f(1);' });
    await project.remove('.stack');
    known(await project.identify('steps.ts', 'export const load'));
    expect(await readdir(project.folder)).toEqual(['package.json', 'steps.ts']);
  });
});
