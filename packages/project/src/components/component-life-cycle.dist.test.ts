import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createEnvironmentSecretResolver, defineComponentType, StackError } from '@stack/core';
import { fieldChanges, initProject, openProject, type Project } from '@stack/project';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const provider = dirname(dirname(import.meta.dirname));
const integrationsFrom = [provider];
const fixtures = join(provider, '..', 'store', 'fixtures');
const defaultRetry = { attempts: 5, baseDelay: 200, maximumDelay: 10_000 };

/** A flavor as its author wrote it, as a module in a file of the project or in a package. */
function flavorModule(
  name: string,
  parts: { readonly type?: string; readonly config?: string; readonly rest?: string },
) {
  const { type = 'artifact-store', config = '', rest = '' } = parts;
  const base =
    type === 'artifact-store'
      ? `artifactStoreConfig({ schemes: ['disk://'] }).extend({ ${config} })`
      : `z.object({ ${config} })`;
  return `
    import { ArtifactStore, Orchestrator, artifactStoreConfig, defineFlavor, secretField } from '@stack/core';
    import * as z from 'zod';
    export const flavor = defineFlavor({
      type: '${type}',
      name: '${name}',
      configSchema: ${base},
      settingsSchema: z.object({ timeout: z.number().optional(), chunkSize: z.int().optional() }),
      implementation: async () => ({ default: ${type === 'artifact-store' ? 'ArtifactStore' : 'Orchestrator'} }),
      ${rest}
    });
  `;
}

const version1 = flavorModule('disk', {
  config: `host: z.string(), accessKey: secretField().optional(), tags: z.array(z.string()).optional(),
    client: z.object({ retries: z.int().optional(), region: z.string().optional() }).optional()`,
});

/** `host` became `url`, and `chunkSize`, then in the config, a setting. */
const version2 = flavorModule('disk', {
  config: 'url: z.string(), accessKey: secretField().optional()',
  rest: `configVersion: 2,
    migrations: {
      1: ({ config: { host, chunkSize, ...config }, settings }) => ({
        config: { ...config, url: 'https://' + host },
        settings: chunkSize === undefined ? settings : { ...settings, chunkSize },
      }),
    },`,
});

let root: string;
let project: Project;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'stack-life-cycle-')));
  await write('flavors/disk.ts', version1);
  await write('flavors/disk-2.ts', version2);
  ({ project } = await initProject(root, { integrationsFrom, secrets: createEnvironmentSecretResolver() }));
});

afterEach(async () => {
  await project[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

/** Installs a package with one flavor, as `npm install` would. */
async function install(name: string, flavor: string, source: string, type = 'artifact-store'): Promise<void> {
  const file = join(root, 'package.json');
  const { dependencies = {} } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  await write('package.json', JSON.stringify({ dependencies: { ...dependencies, [name]: '1.0.0' } }));
  const folder = `node_modules/${name}`;
  const schema = { type: 'object' };
  const entry = {
    type,
    name: flavor,
    export: 'flavor',
    configVersion: 1,
    configSchema: schema,
    settingsSchema: schema,
    secretFields: [],
    capabilities: [],
    isLocal: false,
  };
  await write(
    `${folder}/package.json`,
    JSON.stringify({
      name,
      version: '1.0.0',
      type: 'module',
      exports: './index.js',
      stack: { apiVersion: 1, manifest: './manifest.json' },
    }),
  );
  await write(
    `${folder}/manifest.json`,
    JSON.stringify({ apiVersion: 1, package: name, version: '1.0.0', componentTypes: [], flavors: [entry] }),
  );
  await write(`${folder}/index.js`, source);
}

const type = 'artifact-store';

function registerFlavor() {
  return project.flavors.register({ type, source: './flavors/disk.ts#flavor' });
}

function register(name = 'prod', config = {}, flavor = 'disk') {
  return project.components.register({
    type,
    name,
    flavor,
    config: { path: `disk://${name}`, host: 'h', ...config },
    labels: { team: 'a' },
  });
}

async function failure(promise: Promise<unknown>): Promise<StackError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!StackError.is(error)) throw new Error('expected a StackError', { cause: error });
  return error;
}

describe('the flavor of a component', () => {
  it('of a package is stored as its name and the package, and found by both', async () => {
    await install('@acme/pkg', 'disk', version1);
    const component = await register('prod', {}, '@acme/pkg:disk');
    expect(component).toMatchObject({ flavor: 'disk', flavorPackage: '@acme/pkg' });
    expect(await register('other')).toMatchObject({ flavor: 'disk', flavorPackage: '@acme/pkg' });
    expect(await project.components.list({ flavor: 'disk' })).toHaveLength(2);
    expect(await project.components.list({ flavor: '@acme/pkg:disk' })).toHaveLength(2);
    expect(await project.components.list({ flavor: '@other/pkg:disk' })).toEqual([]);
  });

  it('stays the same when a second package with one of its name is installed', async () => {
    await install('@acme/pkg', 'disk', version1);
    const component = await register();
    await install('@other/pkg', 'disk', flavorModule('disk', { config: 'other: z.string()' }));
    expect(await failure(register('second'))).toMatchObject({ code: 'FLAVOR_CONFLICT' });
    await using store = await project.components.open(component);
    expect(store.config).toMatchObject({ host: 'h' });
    await project.components.update(type, 'prod', { config: { host: 'i' } });
  });

  it('that was registered stays the same when a package with one of its name is installed', async () => {
    await registerFlavor();
    const component = await register();
    expect(component.flavorPackage).toBeUndefined();
    await install('@acme/pkg', 'disk', flavorModule('disk', { config: 'other: z.string()' }));
    await using store = await project.components.open(component);
    expect(store.config).toMatchObject({ host: 'h' });
  });

  it('whose package is not installed is FLAVOR_NOT_FOUND with what to install', async () => {
    await install('@acme/pkg', 'disk', version1);
    const component = await register();
    await write('package.json', '{}');
    expect(await failure(project.components.open(component))).toMatchObject({
      code: 'FLAVOR_NOT_FOUND',
      message: expect.stringContaining('"prod" comes from the package @acme/pkg, which is not installed'),
      hint: 'Install it: npm install @acme/pkg',
    });
    expect(await project.components.get(type, 'prod')).toEqual(component);
  });
});

describe('a registered flavor', () => {
  beforeEach(registerFlavor);

  it('is not deleted while a component has it, however its flavor was given, and is afterwards', async () => {
    await register('prod', {}, './flavors/disk.ts#flavor:disk');
    for (const options of [{}, { dryRun: true }]) {
      expect(await failure(project.flavors.remove(type, 'disk', options))).toMatchObject({
        code: 'IN_USE',
        message: expect.stringContaining('prod'),
      });
    }
    await project.components.remove(type, 'prod');
    await project.flavors.remove(type, 'disk', { dryRun: true });
    expect((await project.flavors.list({ type })).flavors).toHaveLength(1);
    await project.flavors.remove(type, 'disk');
    expect((await project.flavors.list({ type })).flavors).toEqual([]);
    expect(await failure(project.flavors.remove(type, 'disk'))).toMatchObject({ code: 'FLAVOR_NOT_FOUND' });
  });

  it('takes a new source, and a dry run of that changes nothing', async () => {
    const source = './flavors/disk-2.ts#flavor';
    const { before, after } = await project.flavors.update(type, source, { dryRun: true });
    expect([before.manifest.configVersion, after.manifest.configVersion]).toEqual([1, 2]);
    expect(await project.flavors.get(type, 'disk')).toEqual(before);
    await project.flavors.update(type, source);
    expect(await project.flavors.get(type, 'disk')).toEqual(after);
    expect(after.origin).toEqual({ kind: 'registered', source });
  });

  it('is taken anew by its name, and says where to point it when its file moved', async () => {
    await write('flavors/disk.ts', `${version1}\n// changed`);
    expect((await project.flavors.update(type, 'disk')).after.name).toBe('disk');
    const component = await register();
    await rm(join(root, 'flavors/disk.ts'));
    const moved = { code: 'MODULE_NOT_FOUND' };
    expect(await failure(project.flavors.update(type, 'disk'))).toMatchObject(moved);
    expect(await failure(project.components.open(component))).toMatchObject({
      ...moved,
      hint: 'Say where it is now: stack artifact-store flavor update FILE#EXPORT',
    });
  });

  it('is not updated from a source of another name or type, and one of a package not at all', async () => {
    await write('flavors/other.ts', flavorModule('other', {}));
    await write('flavors/inline.ts', flavorModule('disk', { type: 'orchestrator' }));
    await install('@acme/pkg', 'tape', flavorModule('tape', {}));
    const update = (reference: string) => failure(project.flavors.update(type, reference));
    expect(await update('./flavors/other.ts#flavor')).toMatchObject({ code: 'FLAVOR_NOT_FOUND' });
    expect(await update('./flavors/inline.ts#flavor')).toMatchObject({ code: 'FLAVOR_TYPE_MISMATCH' });
    expect(await update('tape')).toMatchObject({ code: 'ARGUMENT_INVALID', hint: expect.stringContaining('npm') });
    expect(await failure(project.flavors.remove(type, 'tape'))).toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});

describe('a component', () => {
  beforeEach(registerFlavor);

  it('keeps what an update does not give', async () => {
    const registered = await register('prod', {
      tags: ['a', 'b'],
      client: { retries: 1, region: 'eu' },
      accessKey: '{{disk.key}}',
    });
    const { before, after } = await project.components.update(type, 'prod', {
      settings: { timeout: 3 },
      fields: { chunkSize: 5, host: 'file' },
      options: [
        ['client.retries', '2'],
        ['host', 'flag'],
        ['tags', 'c'],
      ],
      labels: { stage: 'prod' },
    });
    expect(before).toEqual(registered);
    expect(after.config).toEqual({
      path: 'disk://prod',
      host: 'flag',
      accessKey: '{{disk.key}}',
      tags: ['c'],
      client: { retries: 2, region: 'eu' },
    });
    expect(after.settings).toEqual({ timeout: 3, chunkSize: 5 });
    expect(after.labels).toEqual({ team: 'a', stage: 'prod' });
    expect(fieldChanges(before, after)).toContainEqual({ path: 'config.client.retries', before: 1, after: 2 });
    expect(await project.components.get(type, 'prod')).toEqual(after);
  });

  it('gets an object that is given as a whole as a whole', async () => {
    await register('prod', { client: { retries: 1, region: 'eu' } });
    const options = [['client', '{"retries":2}']] as const;
    expect((await project.components.update(type, 'prod', { options })).after.config.client).toEqual({ retries: 2 });
  });

  it('is not updated by an unknown option, a wrong value or a name as an option; all of it is told at once', async () => {
    const registered = await register();
    const options = [
      ['hots', 'x'],
      ['name', 'x'],
      ['client.retries', 'many'],
    ] as const;
    const error = await failure(project.components.update(type, 'prod', { options, removeLabels: ['taem'] }));
    expect(error.problems.map(({ path }) => path).sort()).toEqual(['client.retries', 'hots', 'labels.taem', 'name']);
    expect(error.message).toContain('Did you mean "--host"?');
    expect(error.message).toContain('Did you mean "team"?');
    expect(await project.components.get(type, 'prod')).toEqual(registered);
  });

  it('that is not there is COMPONENT_NOT_FOUND for everything that changes one', async () => {
    const { components } = project;
    await register();
    for (const change of [
      components.update(type, 'prd', {}),
      components.removeAttributes(type, 'prd', ['host']),
      components.rename(type, 'prd', 'x'),
      components.copy(type, 'prd', 'x'),
      components.remove(type, 'prd'),
    ]) {
      expect(await failure(change)).toMatchObject({ code: 'COMPONENT_NOT_FOUND', hint: 'Did you mean "prod"?' });
    }
  });

  it('loses an optional attribute, one inside of another, a setting and a label', async () => {
    await register('prod', { accessKey: '{{disk.key}}', client: { retries: 1, region: 'eu' } });
    await project.components.update(type, 'prod', { settings: { timeout: 1 } });
    const keys = ['access-key', 'client.retries', 'timeout'];
    const { after } = await project.components.removeAttributes(type, 'prod', keys);
    expect(after.config).toEqual({ path: 'disk://prod', host: 'h', client: { region: 'eu' } });
    expect(after.settings).toEqual({});
    expect((await project.components.update(type, 'prod', { removeLabels: ['team'] })).after.labels).toEqual({});
  });

  it('does not lose a required attribute', async () => {
    const registered = await register();
    expect(await failure(project.components.removeAttributes(type, 'prod', ['host']))).toMatchObject({
      code: 'CONFIG_INVALID',
      problems: [{ path: 'host', message: 'is required' }],
    });
    expect(await project.components.get(type, 'prod')).toEqual(registered);
  });

  it('is stricter than in ZenML: an attribute that is not there is an error with the nearest name', async () => {
    await register('prod', { client: { retries: 1 } });
    const error = await failure(
      project.components.removeAttributes(type, 'prod', ['hots', 'client.retires', 'constructor']),
    );
    expect(error.code).toBe('ATTRIBUTE_NOT_FOUND');
    expect(error.problems).toMatchObject([
      { path: 'hots', hint: 'Did you mean "host"?' },
      { path: 'client.retires', hint: 'Did you mean "client.retries"?' },
      { path: 'constructor' },
    ]);
  });

  it('is renamed, stays in its stacks, and does not take a name that is taken or bad', async () => {
    const { id } = await register();
    await register('taken');
    await project.stacks.register({ name: 'mine', components: { orchestrator: ['default'], [type]: ['prod'] } });
    expect((await project.components.rename(type, id.slice(0, 8), 'new')).after).toMatchObject({ id, name: 'new' });
    expect((await project.stacks.get('mine')).components.map(({ name }) => name)).toContain('new');
    expect(await failure(project.components.rename(type, 'new', 'taken'))).toMatchObject({ code: 'ALREADY_EXISTS' });
    for (const name of ['', '-a', '{{disk.key}}']) {
      expect(await failure(project.components.rename(type, 'new', name))).toMatchObject({ code: 'ARGUMENT_INVALID' });
    }
  });

  it('is copied with its labels', async () => {
    const original = await register('prod', { accessKey: '{{disk.key}}' });
    const copy = await project.components.copy(type, 'prod', 'second');
    const { config, settings, labels } = original;
    expect(copy).toMatchObject({ name: 'second', config, settings, labels });
    expect(copy.id).not.toBe(original.id);
    expect(await failure(project.components.copy(type, 'prod', 'second'))).toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('of the default stack cannot be changed, renamed or deleted; its copy can', async () => {
    await write(
      'flavors/local.ts',
      flavorModule('local', { config: 'host: z.string().optional()' }).replace('disk://', ''),
    );
    await project.flavors.register({ type, source: './flavors/local.ts#flavor' });
    const { components } = project;
    const before = await components.list();
    for (const options of [{}, { dryRun: true }]) {
      for (const change of [
        components.update(type, 'default', { labels: { a: 'b' } }, options),
        components.removeAttributes(type, 'default', ['path'], options),
        components.rename(type, 'default', 'x', options),
        components.remove(type, 'default', options),
      ]) {
        expect(await failure(change)).toMatchObject({ code: 'PROTECTED', hint: expect.stringContaining('copy') });
      }
    }
    for (const change of [
      components.rename('orchestrator', 'default', 'x'),
      components.remove('orchestrator', 'default'),
    ]) {
      expect(await failure(change)).toMatchObject({ code: 'PROTECTED' });
    }
    expect(await components.list()).toEqual(before);
    await components.copy(type, 'default', 'mine');
    expect((await components.rename(type, 'mine', 'own')).after.isProtected).toBe(false);
  });

  it('is, and its flavor is, as it was after a dry run of everything', async () => {
    await register();
    await write('flavors/disk.ts', `${version1}\n// stale`);
    const content = async () => [
      await project.flavors.list(),
      await project.components.list(),
      await project.components.versions(type, 'prod'),
      await project.stacks.list(),
    ];
    const before = await content();
    const { components } = project;
    const dryRun = { dryRun: true };
    const registration = { type, name: 'second', flavor: 'disk', config: { path: 'disk://b', host: 'b' } };
    expect(await components.register(registration, dryRun)).toMatchObject({ name: 'second' });
    expect((await components.update(type, 'prod', { config: { host: 'i' } }, dryRun)).after.config.host).toBe('i');
    await components.update(type, 'prod', { removeLabels: ['team'] }, dryRun);
    expect((await components.rename(type, 'prod', 'x', dryRun)).after.name).toBe('x');
    expect(await components.copy(type, 'prod', 'y', dryRun)).toMatchObject({ name: 'y' });
    expect(await components.remove(type, 'prod', dryRun)).toMatchObject({ name: 'prod' });
    await components.migrate(dryRun);
    expect(await failure(components.copy(type, 'prod', 'default', dryRun))).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await content()).toEqual(before);
  });

  it('keeps every one of many updates at the same time', async () => {
    await register();
    const update = (index: number) => project.components.update(type, 'prod', { labels: { [`label-${index}`]: 'x' } });
    await Promise.all(Array.from({ length: 20 }, (_, index) => update(index)));
    expect(Object.keys((await project.components.get(type, 'prod')).labels)).toHaveLength(21);
  });

  it('is listed in pages, and a limit or a label that makes no sense is refused', async () => {
    for (const name of ['a', 'b', 'c']) await register(name);
    const first = await project.components.list({ type, limit: 2 });
    const rest = await project.components.list({ type, limit: 9, after: first.at(-1) });
    expect([...first, ...rest].map(({ name }) => name)).toEqual(['a', 'b', 'c', 'default']);
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      expect(await failure(project.components.list({ limit }))).toMatchObject({ code: 'ARGUMENT_INVALID' });
    }
    const labels = { a: 1 } as unknown as Record<string, string>;
    expect(await failure(project.components.update(type, 'a', { labels }))).toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('of the active stack is given by its type', async () => {
    expect(await project.components.active(type)).toMatchObject([{ name: 'default' }]);
    defineComponentType({
      name: 'vector-index',
      label: 'vector index',
      description: '',
      required: false,
      multiple: true,
    });
    expect(await failure(project.components.active('vector-index'))).toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
      message: 'The active stack "default" has no vector index.',
    });
  });
});

describe('a component of an older config version', () => {
  beforeEach(async () => {
    await registerFlavor();
    await register('prod', { accessKey: '{{disk.key}}' });
    await project.flavors.update(type, './flavors/disk-2.ts#flavor');
  });

  const migrated = { path: 'disk://prod', url: 'https://h', accessKey: '{{disk.key}}' };

  it('is migrated when it is opened, and what it was is kept', async () => {
    const before = await project.components.get(type, 'prod');
    expect(await failure(project.components.open(before))).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    const after = await project.components.get(type, 'prod');
    expect(after).toMatchObject({ configVersion: 2, config: migrated, labels: { team: 'a' } });
    expect(await project.components.versions(type, 'prod')).toMatchObject([
      { configVersion: 1, config: before.config },
    ]);
  });

  it('is as it was after a dry run of what opens it', async () => {
    await project.flavors.update(type, './flavors/disk.ts#flavor');
    const before = await register('second');
    await project.flavors.update(type, './flavors/disk-2.ts#flavor');
    const nothing = { store: 'second', garbage: [] };
    expect(await project.components.collectGarbage('second', { dryRun: true })).toEqual(nothing);
    expect(await project.components.get(type, 'second')).toEqual(before);
    expect(await project.components.collectGarbage(before.id.slice(0, 8))).toEqual(nothing);
    expect(await project.components.get(type, 'second')).toMatchObject({ configVersion: 2 });
    expect(await failure(project.components.collectGarbage('second', { olderThan: -1 }))).toMatchObject({
      code: 'ARGUMENT_INVALID',
    });
  });

  it('is migrated once by several that open it at the same time', async () => {
    await project.flavors.update(type, './flavors/disk.ts#flavor');
    const before = await register('second');
    await project.flavors.update(type, './flavors/disk-2.ts#flavor');
    const opened = await Promise.all([1, 2, 3].map(() => project.components.open(before)));
    expect(opened.map(({ config }) => config)).toEqual(
      Array(3).fill({ path: 'disk://second', url: 'https://h', retry: defaultRetry }),
    );
    expect(await project.components.versions(type, 'second')).toMatchObject([{ configVersion: 1 }]);
    for (const component of opened) await component[Symbol.asyncDispose]();
  });

  it('is shown by a dry run of migrate, migrated by migrate, and up to date then', async () => {
    const report = await project.components.migrate({ dryRun: true });
    // Nothing that brings the components of every project is installed here.
    expect(report.problems.filter(({ message }) => !/"(?:default|environment)"/.test(message))).toEqual([]);
    expect(report.migrated.map(({ changes }) => changes)).toEqual([
      [
        { path: 'configVersion', before: 1, after: 2 },
        { path: 'config.host', before: 'h', after: undefined },
        { path: 'config.url', before: undefined, after: 'https://h' },
      ],
    ]);
    expect(await project.components.get(type, 'prod')).toMatchObject({ configVersion: 1 });
    expect((await project.components.migrate()).migrated).toHaveLength(1);
    expect(await project.components.get(type, 'prod')).toMatchObject({ configVersion: 2, config: migrated });
    expect((await project.components.migrate()).migrated).toEqual([]);
  });

  it('is migrated by an update', async () => {
    const { after } = await project.components.update(type, 'prod', { options: [['url', 'https://new']] });
    expect(after).toMatchObject({ configVersion: 2, config: { ...migrated, url: 'https://new' } });
    expect(await project.components.versions(type, 'prod')).toHaveLength(1);
  });

  it('that is newer than the installed flavor is CONFIG_TOO_NEW, and stays as it is', async () => {
    await project.components.migrate();
    await project.flavors.update(type, './flavors/disk.ts#flavor');
    const record = await project.components.get(type, 'prod');
    for (const use of [project.components.open(record), project.components.update(type, 'prod', {})]) {
      expect(await failure(use)).toMatchObject({
        code: 'CONFIG_TOO_NEW',
        message: expect.stringContaining('artifact-store "prod" has version 2'),
        hint: expect.stringContaining('artifact-store/disk'),
      });
    }
    expect(await project.components.get(type, 'prod')).toEqual(record);
  });
});

describe('a flavor that became stricter', () => {
  it.each([
    ['without a new config version', ''],
    ['with one', 'configVersion: 2, migrations: { 1: () => ({}) },'],
  ])('%s gives CONFIG_INVALID with component, fields and the command that mends it', async (_, rest) => {
    await registerFlavor();
    const component = await register();
    await write('flavors/strict.ts', flavorModule('disk', { config: 'region: z.string(), maxRetries: z.int()', rest }));
    await project.flavors.update(type, './flavors/strict.ts#flavor');
    const error = await failure(project.components.open(component));
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('artifact-store "prod"'),
      hint: expect.stringMatching(
        /^Mend it: stack artifact-store update prod (?=.*--region=VALUE)(?=.*--max-retries=VALUE)(?=.*--remove-attribute=host)/,
      ),
    });
    expect(error.problems.map(({ path }) => path).sort()).toEqual(['host', 'maxRetries', 'region']);
    expect(await project.components.get(type, 'prod')).toEqual(component);
    await project.components.update(type, 'prod', {
      options: [
        ['region', 'eu'],
        ['max-retries', '1'],
      ],
      removeAttributes: ['host'],
    });
    await using store = await project.components.open(await project.components.get(type, 'prod'));
    expect(store.config).toEqual({ path: 'disk://prod', region: 'eu', maxRetries: 1, retry: defaultRetry });
  });
});

describe('a project of a past version', () => {
  const names = globSync('*.sql', { cwd: fixtures }).sort();

  it.each(names)('that %s holds is listed, migrated and opened', async (name) => {
    const folder = join(root, name);
    await mkdir(join(folder, '.stack'), { recursive: true });
    await writeFile(join(folder, '.stack', '.gitignore'), '*\n');
    execFileSync(process.execPath, [
      join(fixtures, 'write-store.ts'),
      join(fixtures, name),
      join(folder, '.stack', 'stack.db'),
    ]);
    const here = root;
    root = folder;
    try {
      await write('flavors/disk.ts', `${version2}\nexport const diskFlavor = flavor;`);
      await install('@acme/pkg', 'disk', version2);
      await install(
        '@acme/tape',
        'tape',
        flavorModule('tape', { rest: 'configVersion: 2, migrations: { 1: () => ({}) },' }).replace('disk:', 'tape:'),
      );
      await install(
        '@acme/local',
        'local',
        flavorModule('local', { type: 'orchestrator', rest: 'configVersion: 2, migrations: { 1: () => ({}) },' }),
        'orchestrator',
      );
      await using past = await openProject({ from: folder, integrationsFrom });
      expect(await past.components.list()).toHaveLength(8);
      const { migrated, problems } = await past.components.migrate();
      // Nothing that brings the local stores is installed here.
      expect(problems.map(({ code }) => code)).toEqual(Array(3).fill('FLAVOR_NOT_FOUND'));
      for (const { message } of problems) expect(message).toMatch(/-store "(?:default|environment)"/);
      expect(migrated.map(({ after }) => [after.name, after.flavor, after.flavorPackage, after.configVersion])).toEqual(
        [
          ['by-package', 'disk', '@acme/pkg', 2],
          ['by-package-name', 'tape', '@acme/tape', 2],
          ['by-source', 'disk', undefined, 2],
          ['plain', 'disk', undefined, 2],
          ['default', 'local', '@acme/local', 2],
        ],
      );
      expect(await past.components.get('orchestrator', 'default')).toMatchObject({ isProtected: true });
      expect(await past.components.get(type, 'plain')).toMatchObject({
        config: { path: 'disk://plain', url: 'https://plain.example', accessKey: '{{disk.key}}' },
        settings: { timeout: 2.5, chunkSize: 5 },
        labels: { team: 'a', stage: 'prod' },
      });
      await using store = await past.components.open(await past.components.get(type, 'by-package'));
      expect(store.config).toEqual({ path: 'disk://packaged', url: 'https://packaged', retry: defaultRetry });
      expect(await past.components.versions(type, 'plain')).toMatchObject([{ configVersion: 1 }]);
      expect(await past.stacks.active()).toMatchObject({
        name: 'mine',
        components: [{ configVersion: 2 }, { name: 'plain' }],
      });
    } finally {
      root = here;
    }
  });

  it('is among the fixtures for every version of the schema before this one', () => {
    expect(names).toContain('schema-1.sql');
  });
});
