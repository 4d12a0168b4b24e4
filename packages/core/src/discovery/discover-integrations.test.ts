import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { discoverIntegrations } from './discover-integrations.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-discovery-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, content: unknown): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}

function manifestOf(packageName: string, flavors: readonly string[], version = '1.0.0') {
  return {
    apiVersion: 1,
    package: packageName,
    version,
    componentTypes: [],
    flavors: flavors.map((name) => ({
      type: 'artifact-store',
      name,
      export: `${name}Flavor`,
      configVersion: 1,
      configSchema: {},
      settingsSchema: {},
      secretFields: [],
      isLocal: false,
      capabilities: [],
    })),
  };
}

/** An integration whose module would tell if it were evaluated. */
async function install(
  name: string,
  manifest: unknown,
  into = '',
  stack: unknown = { apiVersion: 1, manifest: './m.json' },
) {
  const at = join(into, 'node_modules', name);
  await write(join(at, 'package.json'), { name, version: '1.0.0', main: './index.js', stack });
  await write(join(at, 'index.js'), "throw new Error('evaluated')");
  if (manifest !== undefined) await write(join(at, 'm.json'), manifest);
}

function discover(...folders: readonly string[]) {
  const found = discoverIntegrations(folders.map((name) => join(folder, name)));
  return {
    flavors: found.flavors.map((flavor) => `${flavor.package}:${flavor.name}`),
    problems: found.problems.map(({ code }) => code),
    found,
  };
}

test('the integrations are those of the direct dependencies, of every kind', async () => {
  await write('package.json', {
    dependencies: { acme: '1', ordinary: '1' },
    devDependencies: { '@scope/b': '1' },
    optionalDependencies: { c: '1', 'not-installed': '1' },
    peerDependencies: { peer: '1' },
  });
  await install('acme', manifestOf('acme', ['a1', 'a2']));
  await install('@scope/b', manifestOf('@scope/b', ['b']));
  await install('c', manifestOf('c', ['c']));
  await install('peer', manifestOf('peer', ['peer']));
  await install('transitive', manifestOf('transitive', ['t']));
  await write('node_modules/ordinary/package.json', { name: 'ordinary' });
  const { flavors, problems, found } = discover('');
  expect(flavors).toEqual(['@scope/b:b', 'acme:a1', 'acme:a2', 'c:c']);
  expect(problems).toEqual([]);
  expect(found.flavors[1]).toMatchObject({ packageVersion: '1.0.0', packageFolder: join(folder, 'node_modules/acme') });
});

test('a folder without a package.json has none', () => {
  expect(discover('', 'nowhere')).toMatchObject({ flavors: [], problems: [] });
});

test('a dependency may be installed in a folder above', async () => {
  await write('packages/app/package.json', { dependencies: { acme: '1' } });
  await install('acme', manifestOf('acme', ['a']));
  expect(discover('packages/app').flavors).toEqual(['acme:a']);
});

test('of two folders that name a package, the first decides which copy is taken', async () => {
  for (const [name, version] of [
    ['project', '2.0.0'],
    ['command', '1.0.0'],
  ] as const) {
    await write(`${name}/package.json`, { dependencies: { acme: '1' } });
    await install('acme', manifestOf('acme', ['a'], version), name);
  }
  expect(discover('project', 'command').found.integrations.map(({ manifest }) => manifest.version)).toEqual(['2.0.0']);
});

test('a broken integration is a problem, and the others are there all the same', async () => {
  const names = ['broken', 'future', 'good', 'folder', 'missing', 'unnamed', 'unreadable', 'not-json', 'a-file'];
  await write('package.json', { dependencies: Object.fromEntries(names.map((name) => [name, '1'])) });
  await install('broken', '{');
  await install('future', undefined, '', { apiVersion: 2, manifest: './m.json' });
  await install('good', manifestOf('good', ['g']));
  await install('folder', undefined, '', { apiVersion: 1, manifest: '.' });
  await install('missing', undefined);
  await install('unnamed', undefined, '', { apiVersion: 1 });
  await mkdir(join(folder, 'node_modules/unreadable/package.json'), { recursive: true });
  // What is no integration is nobody's problem here, however broken it is.
  await write('node_modules/not-json/package.json', '{');
  await write('node_modules/a-file', '');
  const { flavors, problems, found } = discover('');
  expect(flavors).toEqual(['good:g']);
  expect(problems).toEqual([
    'MANIFEST_INVALID',
    'API_VERSION_UNSUPPORTED',
    'MANIFEST_INVALID',
    'MANIFEST_INVALID',
    'MANIFEST_INVALID',
    'MANIFEST_INVALID',
  ]);
  for (const [index, name] of ['broken', 'future', 'folder', 'missing', 'unnamed', 'unreadable'].entries()) {
    expect(found.problems[index]?.message).toContain(name);
  }
});

test('two packages that offer one flavor are a conflict that names both, and both can be chosen', async () => {
  await write('package.json', { dependencies: { acme: '1', other: '1' } });
  await install('acme', manifestOf('acme', ['s3']));
  await install('other', manifestOf('other', ['s3', 'gcs']));
  const { flavors, found } = discover('');
  expect(flavors).toEqual(['acme:s3', 'other:s3', 'other:gcs']);
  expect(found.problems).toMatchObject([
    {
      code: 'FLAVOR_CONFLICT',
      message: expect.stringMatching(/acme and other/),
      hint: expect.stringContaining('acme:s3'),
    },
  ]);
});

test.each(['{', '[]', '7'])('a package.json that is %s is a problem', async (text) => {
  await write('package.json', text);
  expect(discover('').problems).toEqual(['MANIFEST_INVALID']);
});
