import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Secret, StackError } from '@stack/core';
import { type ComponentRegistration, initProject, openProject, type Project } from '@stack/project';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/**
 * The source of a file of a project, with what the tests of secrets need: `vault`, whose secrets are in this process, by
 * the name of its component, and which notes what it is asked; `sealed`, which is the same and can only be read; and
 * `disk`, an artifact store with secret fields.
 */
const vaultFlavors = `
import { ArtifactStore, artifactStoreConfig, defineFlavor, secretField, SecretStore, StackError } from '@stack/core';
import * as z from 'zod';

class Vault extends SecretStore {
  constructor(context) {
    super(context);
    globalThis.vaultsOpened.push(this.name);
  }
  get secrets() {
    const { vaults } = globalThis;
    if (!vaults.has(this.name)) vaults.set(this.name, new Map());
    return vaults.get(this.name);
  }
  ask(what) {
    globalThis.vaultCalls.push(this.name + ': ' + what);
    if (this.config.isDown) throw new Error('nobody is there');
  }
  summary([name, values]) {
    return { name, scope: 'project', keys: Object.keys(values) };
  }
  async probe() {
    this.ask('probe');
    return { healthy: true, message: 'it is open' };
  }
  async doGet(names) {
    this.ask(names.join(' '));
    return names.filter((name) => this.secrets.has(name))
      .map((name) => ({ name, scope: 'project', values: this.secrets.get(name) }));
  }
  async doList() {
    this.ask('list');
    return [...this.secrets].map(this.summary);
  }
  async doCreate(name, values, scope) {
    if (name === this.config.refuses) throw new Error('it is full');
    if (this.secrets.has(name)) throw this.alreadyExists(name, scope);
    this.secrets.set(name, values);
    return this.summary([name, values]);
  }
  async doUpdate(name, edit) {
    if (!this.secrets.has(name)) return undefined;
    this.secrets.set(name, edit(this.secrets.get(name)));
    return this.summary([name, this.secrets.get(name)]);
  }
  async doRename(name, newName) {
    const values = this.secrets.get(name);
    if (values === undefined) return undefined;
    this.secrets.delete(name);
    return this.doCreate(newName, values, 'project');
  }
  async doDelete(name) {
    if (this.config.isSticky) throw new Error('nothing goes');
    return this.secrets.delete(name);
  }
  mapError() {
    return 'UNAVAILABLE';
  }
  async [Symbol.asyncDispose]() {
    globalThis.vaultCalls.push(this.name + ': closed');
  }
}

const vault = (name, more) => defineFlavor({
  type: 'secret-store',
  name,
  configSchema: z.object({
    token: secretField().optional(),
    isDown: z.boolean().optional(),
    isSticky: z.boolean().optional(),
    refuses: z.string().optional(),
  }),
  implementation: async () => ({ default: Vault }),
  ...more,
});
export const vaultFlavor = vault('vault', { isLocal: true });
export const sealedFlavor = vault('sealed', { capabilities: ['read-only'] });

export const diskFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'disk',
  isLocal: true,
  configSchema: artifactStoreConfig({ schemes: ['disk://'] }).extend({
    accessKey: secretField().optional(),
    headers: z.record(z.string(), secretField()).optional(),
    region: z.string().optional(),
    retries: z.int().max(9).optional(),
  }),
  settingsSchema: z.object({ token: secretField().optional() }),
  implementation: async () => ({ default: class extends ArtifactStore {} }),
});
`;

// `@stack/core` and zod are installed in this package, and no integration.
const integrationsFrom = [dirname(dirname(import.meta.dirname))];

type Values = Readonly<Record<string, string>>;

/** What the flavors of the tests share with them. */
const shared = globalThis as unknown as {
  vaults: Map<string, Map<string, Values>>;
  vaultCalls: string[];
  vaultsOpened: string[];
};

let root: string;
let project: Project;

beforeEach(async () => {
  shared.vaults = new Map();
  shared.vaultCalls = [];
  shared.vaultsOpened = [];
  root = await realpath(await mkdtemp(join(tmpdir(), 'stack-secrets-')));
  await writeFile(join(root, 'flavors.ts'), vaultFlavors);
  ({ project } = await initProject(root, { integrationsFrom }));
  for (const name of ['vault', 'sealed']) {
    await project.flavors.register({ type: 'secret-store', source: `flavors.ts#${name}Flavor` });
  }
  await project.flavors.register({ type: 'artifact-store', source: 'flavors.ts#diskFlavor' });
});

afterEach(async () => {
  await project[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

/** Registers secret stores by name, and has them asked in this order, and no others. */
async function useStores(stores: Readonly<Record<string, { flavor?: string; config?: object }>>): Promise<void> {
  for (const [name, { flavor = 'vault', config = {} }] of Object.entries(stores)) {
    const registration = { type: 'secret-store', name, flavor, config } as ComponentRegistration;
    await project.components.register(registration);
  }
  await project.secrets.setStores(Object.keys(stores));
}

function put(store: string, secrets: Readonly<Record<string, Values>>): void {
  shared.vaults.set(store, new Map(Object.entries(secrets)));
}

function register(name: string, config: object, settings: object = {}): Promise<unknown> {
  const registration = {
    type: 'artifact-store',
    name,
    flavor: 'disk',
    config: { path: 'disk://a', ...config },
    settings,
  };
  return project.components.register(registration as ComponentRegistration);
}

async function failure(promise: Promise<unknown>): Promise<StackError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!StackError.is(error)) throw new Error('expected a StackError', { cause: error });
  return error;
}

/** What was asked of secret stores since it was last called. */
function asked(): string[] {
  return shared.vaultCalls.splice(0);
}

describe('references are looked for', () => {
  const references = [
    { name: 'db', key: 'user' },
    { name: 'db', key: 'password' },
    { name: 'mail', key: 'token' },
    { name: 'none', key: 'key' },
  ];

  it('in the first store all at once, and in each further one for those that are missing', async () => {
    await useStores({ one: {}, two: {}, three: {} });
    put('one', { db: { user: 'user-of-one' } });
    put('two', { db: { user: 'user-of-two', password: 'password-of-two' } });
    put('three', { mail: { token: 'token-of-three' } });
    const found = references.slice(0, 3);
    expect(await project.secrets.resolve(found)).toEqual(['user-of-one', 'password-of-two', 'token-of-three']);
    expect(asked()).toEqual(['one: db mail', 'two: db mail', 'three: mail']);
    expect(await project.secrets.resolve(found.slice(0, 1))).toEqual(['user-of-one']);
    expect(asked()).toEqual(['one: db']);
    expect(await project.secrets.resolve(references.slice(3))).toEqual([undefined]);
  });

  it('in no store that is not in the order', async () => {
    await useStores({ one: {}, two: {} });
    put('two', { mail: { token: 'token-of-two' } });
    await project.secrets.setStores(['one']);
    expect(await project.secrets.resolve(references.slice(2, 3))).toEqual([undefined]);
    expect(await failure(project.secrets.setStores(['one', 'one']))).toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(await failure(project.secrets.setStores(['oen']))).toMatchObject({ code: 'COMPONENT_NOT_FOUND' });
    expect((await project.secrets.stores()).map(({ name }) => name)).toEqual(['one']);
  });

  it('once for a component, whose config and settings may have several', async () => {
    await useStores({ one: {} });
    put('one', { db: { user: 'user-of-one', password: 'password-of-one' } });
    const config = { accessKey: '{{db.password}}', headers: { auth: '{{db.password}}' }, region: '{{db.user}}' };
    await register('prod', config, { token: '{{db.user}}' });
    await using component = await project.components.open(await project.components.get('artifact-store', 'prod'));
    expect(asked()).toEqual(['one: db']);
    expect(component.config).toMatchObject({ accessKey: expect.any(Secret), region: 'user-of-one' });
    expect(JSON.stringify(component.config)).not.toContain('password-of-one');
  });

  it('in a store that does not answer, which is an error and no missing secret', async () => {
    await useStores({ one: { config: { isDown: true } }, two: {} });
    put('two', { mail: { token: 'token-of-two' } });
    const error = await failure(project.secrets.resolve(references.slice(2, 3)));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('"one"') });
    expect(await project.secrets.list()).toMatchObject({
      secrets: [{ name: 'mail', store: 'two', keys: ['token'] }],
      problems: [{ code: 'UNAVAILABLE' }],
    });
  });

  it('again by each component that is opened, so that a new value reaches it', async () => {
    await useStores({ one: {} });
    put('one', { db: { password: 'password-1' } });
    await register('prod', { region: '{{db.password}}' });
    const record = await project.components.get('artifact-store', 'prod');
    await using before = await project.components.open(record);
    await project.secrets.update('db', { set: { password: 'password-2' } });
    await using after = await project.components.open(record);
    expect([before.config, after.config]).toMatchObject([{ region: 'password-1' }, { region: 'password-2' }]);
  });

  it('by the resolver of the application where it has one, and in no store', async () => {
    await useStores({ one: {} });
    await register('prod', { region: '{{db.password}}' });
    const secrets = { resolve: async () => ['from-the-application'], describeMissing: () => '' };
    await using other = await openProject({ from: root, integrationsFrom, secrets });
    await using component = await other.components.open(await other.components.get('artifact-store', 'prod'));
    expect(component.config).toMatchObject({ region: 'from-the-application' });
    expect(asked()).toEqual([]);
  });

  it('and the stores are opened once, and closed with the project', async () => {
    await useStores({ one: {}, two: {} });
    const other = await openProject({ from: root, integrationsFrom });
    const all = [1, 2, 3].map(() => other.secrets.resolve(references.slice(2, 3)));
    await Promise.all(all);
    asked();
    expect(shared.vaultsOpened).toEqual(['one', 'two']);
    await other[Symbol.asyncDispose]();
    expect(asked().sort()).toEqual(['one: closed', 'two: closed']);
  });
});

describe('a missing secret', () => {
  async function hintFor(reference: string): Promise<string | undefined> {
    await register('prod', { region: reference });
    const [problem] = (await failure(project.components.open(await project.components.get('artifact-store', 'prod'))))
      .problems;
    return problem?.hint;
  }

  it('comes with the command that creates it', async () => {
    await useStores({ one: {} });
    expect(await hintFor('{{db.password}}')).toBe('Create it: stack secret create db --password=VALUE');
  });

  it('that has another key, with the command that adds the key where it is', async () => {
    await useStores({ one: {}, two: {} });
    put('two', { db: { user: 'user-of-two' } });
    expect(await hintFor('{{db.password}}')).toBe('Add the key: stack secret update db --password=VALUE --store two');
  });

  it('whose key is called like an option, with the option for that', async () => {
    await useStores({ one: {} });
    expect(await hintFor('{{db.store}}')).toBe('Create it: stack secret create db --set store=VALUE');
  });

  it('in a store that takes no writes, without a command that cannot work', async () => {
    await useStores({ one: { flavor: 'sealed' } });
    put('one', { db: { user: 'user-of-one' } });
    expect(await hintFor('{{db.password}}')).toContain('takes no writes');
  });
});

describe('the config of a secret store', () => {
  it('refers to secrets of another one, in whatever order they are asked', async () => {
    await useStores({ one: { config: { token: '{{two.token}}' } }, two: {} });
    put('two', { two: { token: 'token-of-one' }, db: { password: 'password-of-two' } });
    expect(await project.secrets.resolve([{ name: 'db', key: 'password' }])).toEqual(['password-of-two']);
    // The second store was opened for the first, and asked for its secret alone.
    expect(asked()).toEqual(['two: two', 'one: db', 'two: db']);
  });

  it('that needs a secret which only it could have is a cycle', async () => {
    await useStores({ one: { config: { token: '{{one.token}}' } }, two: { flavor: 'sealed' } });
    put('one', { one: { token: 'token-of-one' } });
    const error = await failure(project.secrets.resolve([{ name: 'db', key: 'password' }]));
    expect(error).toMatchObject({ code: 'SECRET_REFERENCE_CYCLE', message: expect.stringContaining('one → one') });
  });

  it('that needs another one, which needs it, is a cycle with all of its stores, and with what mends it', async () => {
    await useStores({
      one: { config: { token: '{{one.token}}' } },
      two: { config: { token: '{{two.token}}' } },
      three: { flavor: 'sealed' },
      four: {},
    });
    put('two', { one: { token: 'token-of-one' } });
    put('one', { two: { token: 'token-of-two' } });
    const error = await failure(project.secrets.resolve([{ name: 'db', key: 'password' }]));
    expect(error).toMatchObject({
      code: 'SECRET_REFERENCE_CYCLE',
      message: expect.stringContaining('one → two → one'),
      hint: 'Put it into another one: stack secret create two --token=VALUE --store four',
    });
  });

  it('is no cycle where a third store has what one of them needs', async () => {
    await useStores({
      one: { config: { token: '{{one.token}}' } },
      two: { config: { token: '{{two.token}}' } },
      three: {},
    });
    put('one', { two: { token: 'token-of-two' } });
    put('three', { one: { token: 'token-of-one' } });
    put('two', { db: { password: 'password-of-two' } });
    expect(await project.secrets.resolve([{ name: 'db', key: 'password' }])).toEqual(['password-of-two']);
  });

  it('is resolved without an end where both are opened at once', async () => {
    await useStores({ one: { config: { token: '{{one.token}}' } }, two: { config: { token: '{{two.token}}' } } });
    put('one', { two: { token: 'token-of-two' } });
    put('two', { one: { token: 'token-of-one' } });
    const codes = await Promise.all(
      ['one', 'two'].map(async (store) => (await failure(project.secrets.list({ store }))).code),
    );
    expect(codes).toEqual(['SECRET_REFERENCE_CYCLE', 'SECRET_REFERENCE_CYCLE']);
  });

  it('refers to no value that is a reference itself', async () => {
    await useStores({ one: {} });
    put('one', { db: { password: '{{db.other}}', other: 'other-value' } });
    const error = await failure(project.secrets.resolve([{ name: 'db', key: 'password' }]));
    expect(error.code).toBe('SECRET_REFERENCE_INVALID');
  });
});

describe('secrets of a project', () => {
  it('go into the first store that takes writes, and are found where they are', async () => {
    await useStores({ one: { flavor: 'sealed' }, two: {}, three: {} });
    expect(await project.secrets.create('db', { password: 'password-1' })).toMatchObject({ store: 'two' });
    expect(await project.secrets.create('mail', { token: 'token-3' }, { store: 'three' })).toMatchObject({
      store: 'three',
    });
    expect(await project.secrets.get('mail')).toMatchObject({ store: 'three', keys: ['token'] });
    expect(await project.secrets.rename('db', 'database')).toMatchObject({ name: 'database', store: 'two' });
    expect((await project.secrets.list()).secrets.map(({ name, store }) => [name, store])).toEqual([
      ['database', 'two'],
      ['mail', 'three'],
    ]);
    const error = await failure(project.secrets.update('mail', { set: { token: 'token-4' } }));
    expect(error).toMatchObject({ code: 'SECRET_NOT_FOUND', hint: expect.stringContaining('--store three') });
    expect(await failure(project.secrets.create('db', { password: 'password-1' }, { store: 'one' }))).toMatchObject({
      code: 'CAPABILITY_UNSUPPORTED',
    });
    expect(await failure(project.secrets.get('databas'))).toMatchObject({
      code: 'SECRET_NOT_FOUND',
      hint: expect.stringContaining('database'),
    });
  });

  it('without a store that takes writes are refused', async () => {
    await useStores({ one: { flavor: 'sealed' } });
    const error = await failure(project.secrets.create('db', { password: 'password-1' }));
    expect(error).toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
      hint: expect.stringContaining('secret-store register'),
    });
  });

  it('stay as they are in a dry run', async () => {
    await useStores({ one: {} });
    put('one', { db: { user: 'user-1', password: 'password-1' } });
    const before = new Map(shared.vaults.get('one'));
    const dryRun = true;
    await project.secrets.create('mail', { token: 'token-1' }, { dryRun });
    await project.secrets.update('db', { set: { user: 'user-2' }, remove: ['password'] }, { dryRun });
    await project.secrets.rename('db', 'database', { dryRun });
    await project.secrets.delete('db', { dryRun });
    await project.secrets.import({ mail: { token: 'token-1' } }, { dryRun });
    expect(shared.vaults.get('one')).toEqual(before);
  });

  it('that are referred to are not deleted, renamed or without a key, unless forced', async () => {
    await useStores({ one: {}, two: {} });
    put('one', { db: { user: 'user-1', password: 'password-1' } });
    await register('prod', { accessKey: '{{db.password}}' }, { token: '{{db.password}}' });
    await writeFile(
      join(root, 'stack.yaml'),
      'name: x\ncomponents: { tracker: { config: { key: "{{db.password}}" } } }\n',
    );
    const uses = [
      'artifact-store:prod.config.accessKey',
      'artifact-store:prod.settings.token',
      'stack.yaml.components.tracker.config.key',
    ].join(', ');
    const { secrets } = project;
    const inUse = { code: 'IN_USE', message: `The secret "db" is referred to by ${uses}.` };
    for (const dryRun of [true, false]) {
      expect(await failure(secrets.delete('db', { dryRun }))).toMatchObject(inUse);
      expect(await failure(secrets.rename('db', 'database', { dryRun }))).toMatchObject(inUse);
      expect(await failure(secrets.update('db', { remove: ['password'] }, { dryRun }))).toMatchObject(inUse);
    }
    expect(shared.vaults.get('one')?.get('db')).toEqual({ user: 'user-1', password: 'password-1' });
    // Nothing refers to this key, and a secret of the name is left.
    await secrets.update('db', { remove: ['user'] });
    put('two', { db: { password: 'password-2' } });
    await secrets.delete('db');
    await secrets.delete('db', { store: 'two', force: true });
    expect((await secrets.list()).secrets).toEqual([]);
  });

  it('are imported all, or none', async () => {
    await useStores({ one: { config: { refuses: 'full' } } });
    put('one', { db: { user: 'user-1', old: 'old-value' } });
    const { secrets } = project;
    const given = { mail: { token: 'token-1' }, db: { user: 'user-2' } };
    const before = new Map(shared.vaults.get('one'));
    expect(await failure(secrets.import(given))).toMatchObject({ code: 'ALREADY_EXISTS', problems: [{ path: 'db' }] });
    const bad = { mail: { token: 'short', 'a b': 'long enough' }, 'no.name': { x: 'long enough' } };
    const error = await failure(secrets.import(bad));
    expect(error.problems.map(({ path }) => path)).toEqual(['mail.token', 'mail.a b', 'no.name.name']);
    expect(JSON.stringify([error, error.message])).not.toContain('short,');
    const interrupted = { ...given, full: { x: 'long enough' } };
    const stopped = await failure(secrets.import(interrupted, { onConflict: 'overwrite' }));
    expect(stopped.code).toBe('UNAVAILABLE');
    expect(shared.vaults.get('one')).toEqual(before);
    expect(await secrets.import(given, { onConflict: 'skip' })).toEqual({
      store: 'one',
      secrets: [
        { name: 'mail', keys: ['token'], action: 'create' },
        { name: 'db', keys: ['user'], action: 'skip' },
      ],
    });
    expect((await secrets.import(given, { onConflict: 'overwrite' })).secrets.map(({ action }) => action)).toEqual([
      'overwrite',
      'overwrite',
    ]);
    expect(Object.fromEntries(shared.vaults.get('one') ?? [])).toEqual(given);
    expect((await secrets.export()).map(({ name, values }) => [name, values.user?.reveal()])).toEqual([
      ['db', 'user-2'],
      ['mail', undefined],
    ]);
  });
});

describe('a value in a secret field', () => {
  const plain = { accessKey: 'plain-access-key', headers: { auth: 'plain-header' } };

  beforeEach(() => useStores({ one: {} }));

  it('is refused, with the commands that make a secret of all of them', async () => {
    const error = await failure(register('prod', plain, { token: 'plain-token' }));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(error.problems.map(({ path }) => path)).toEqual(['accessKey', 'headers.auth', 'token']);
    expect(error.problems[0]?.hint).toBe(
      "Make a secret of it: stack secret create artifact-store-prod --accessKey=VALUE --headers.auth=VALUE --token=VALUE, and then give --access-key='{{artifact-store-prod.accessKey}}' --headers.auth='{{artifact-store-prod.headers.auth}}' --token='{{artifact-store-prod.token}}' instead. Or have both done by --allow-plain-secret.",
    );
    expect(JSON.stringify([error.message, error.problems])).not.toMatch(/plain-(access|header|token)/);
    expect((await project.secrets.list()).secrets).toEqual([]);
  });

  it('is made a secret where that is allowed', async () => {
    const registration = {
      type: 'artifact-store',
      name: 'prod.eu',
      flavor: 'disk',
      config: { path: 'disk://a', ...plain, region: 'eu' },
      settings: { token: 'plain-token' },
    };
    put('one', { 'artifact-store-prod-eu': { other: 'taken-name' } });
    const dry = await project.components.register(registration, { allowPlainSecret: true, dryRun: true });
    expect(dry.config).toMatchObject({ accessKey: '{{artifact-store-prod-eu-2.accessKey}}' });
    expect(shared.vaults.get('one')?.size).toBe(1);
    const { config, settings } = await project.components.register(registration, { allowPlainSecret: true });
    expect({ config, settings }).toEqual({
      config: {
        path: 'disk://a',
        accessKey: '{{artifact-store-prod-eu-2.accessKey}}',
        headers: { auth: '{{artifact-store-prod-eu-2.headers.auth}}' },
        region: 'eu',
      },
      settings: { token: '{{artifact-store-prod-eu-2.token}}' },
    });
    expect(shared.vaults.get('one')?.get('artifact-store-prod-eu-2')).toEqual({
      accessKey: 'plain-access-key',
      'headers.auth': 'plain-header',
      token: 'plain-token',
    });
    await using component = await project.components.open(await project.components.get('artifact-store', 'prod.eu'));
    expect((component.config as { accessKey: Secret }).accessKey.reveal()).toBe('plain-access-key');
  });

  it('leaves no secret behind when the component cannot be stored', async () => {
    await register('prod', {});
    const registration = {
      type: 'artifact-store',
      name: 'prod',
      flavor: 'disk',
      config: { path: 'disk://b', ...plain },
    };
    const options = { allowPlainSecret: true };
    expect(await failure(project.components.register(registration, options))).toMatchObject({ code: 'ALREADY_EXISTS' });
    const invalid = { ...registration, name: 'other', config: { ...registration.config, retries: 99 } };
    expect(await failure(project.components.register(invalid, options))).toMatchObject({ code: 'CONFIG_INVALID' });
    const short = { ...registration, name: 'other', config: { path: 'disk://b', accessKey: 'abc' } };
    expect(await failure(project.components.register(short, options))).toMatchObject({ code: 'ARGUMENT_INVALID' });
    const update = { config: plain };
    const missing = await failure(
      project.components.update('artifact-store', 'prod', { ...update, removeAttributes: ['no'] }, options),
    );
    expect(missing.code).toBe('ATTRIBUTE_NOT_FOUND');
    expect((await project.secrets.list()).secrets).toEqual([]);
  });

  it('that stays behind all the same is named', async () => {
    await register('prod', {});
    await useStores({ sticky: { config: { isSticky: true } } });
    const registration = {
      type: 'artifact-store',
      name: 'prod',
      flavor: 'disk',
      config: { path: 'disk://b', ...plain },
    };
    const error = await failure(project.components.register(registration, { allowPlainSecret: true }));
    expect(error).toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining('is still there: artifact-store-prod.'),
    });
  });

  it('of an update is one too, and nothing new when it is the same value again', async () => {
    await register('prod', { headers: { auth: '{{mine.auth}}' } });
    put('one', { mine: { auth: 'header-of-mine' } });
    const options = { allowPlainSecret: true };
    const headers = { auth: 'header-of-mine', other: 'another-header' };
    const { after } = await project.components.update('artifact-store', 'prod', { config: { headers } }, options);
    expect(after.config.headers).toEqual({ auth: '{{mine.auth}}', other: '{{artifact-store-prod.headers.other}}' });
    const again = await project.components.update('artifact-store', 'prod', { config: { headers } }, options);
    expect(again.after.config).toEqual(after.config);
    expect([...(shared.vaults.get('one')?.keys() ?? [])]).toEqual(['mine', 'artifact-store-prod']);
  });

  it('of a document is one too, and applying it again changes nothing', async () => {
    const document = {
      name: 'plain',
      components: {
        orchestrator: 'default',
        'artifact-store': { name: 'files', flavor: 'disk', config: { path: 'disk://a', ...plain } },
      },
    };
    const error = await failure(project.documents.plan(document));
    expect(error.problems[0]).toMatchObject({
      path: 'components.artifact-store.0.config.accessKey',
      hint: expect.stringContaining("accessKey: '{{artifact-store-files.accessKey}}'"),
    });
    const options = { allowPlainSecret: true };
    await project.documents.plan(document, 'x', options);
    expect(shared.vaults.get('one')?.size ?? 0).toBe(0);
    await project.documents.apply(document, 'x', options);
    expect(shared.vaults.get('one')?.get('artifact-store-files')).toEqual({
      accessKey: 'plain-access-key',
      'headers.auth': 'plain-header',
    });
    const files = await readFile(join(root, '.stack', 'stack.db'), 'latin1');
    expect(files).not.toContain('plain-access-key');
    expect((await project.documents.plan(document, 'x', options)).changes).toEqual([]);
    const imported = await project.documents.import({ ...document, name: 'other' }, options);
    expect(imported.components).toContainEqual(expect.objectContaining({ name: 'files', action: 'reuse' }));
    expect(shared.vaults.get('one')?.size).toBe(1);
    const conflict = {
      ...document,
      name: 'third',
      components: {
        ...document.components,
        'artifact-store': { name: 'files', flavor: 'disk', config: { path: 'disk://other', accessKey: 'another-key' } },
      },
    };
    expect(await failure(project.documents.import(conflict, options))).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(shared.vaults.get('one')?.size).toBe(1);
  });
});

describe('what is wrong with secrets', () => {
  beforeEach(async () => {
    await register('prod', { accessKey: '{{db.password}}', region: '{{db.user}}' });
    await register('spare', { accessKey: '{{mail.token}}' });
  });

  async function validate(...stores: string[]) {
    const components = await Promise.all(stores.map((name) => project.components.get('artifact-store', name)));
    asked();
    const { problems } = await project.stacks.validate({ name: 'x', components });
    return problems.filter(({ path }) => path.startsWith('artifact-store:') && !path.includes('default'));
  }

  it('is found for all components of a stack by asking each store once', async () => {
    await useStores({ one: {}, two: {} });
    put('one', { db: { password: 'password-1', user: 'user-1' } });
    put('two', { mail: { token: 'token-2' } });
    expect(await validate('prod', 'spare')).toEqual([]);
    expect(asked()).toEqual(['one: db mail', 'two: mail']);
    put('one', { db: { password: 'password-1' } });
    put('two', {});
    expect(await validate('prod', 'spare')).toMatchObject([
      {
        path: 'artifact-store:prod.region',
        code: 'SECRET_NOT_FOUND',
        hint: expect.stringContaining('stack secret update db --user=VALUE'),
      },
      {
        path: 'artifact-store:spare.accessKey',
        code: 'SECRET_NOT_FOUND',
        hint: expect.stringContaining('stack secret create mail --token=VALUE'),
      },
    ]);
  });

  it('is told as what it is where a store does not answer, and hides nothing of what another one has', async () => {
    await useStores({ one: {}, two: { config: { isDown: true } } });
    put('one', { db: { password: 'password-1', user: 'user-1' } });
    expect(await validate('prod', 'spare')).toMatchObject([{ path: 'artifact-store:spare', code: 'UNAVAILABLE' }]);
  });

  it('is found by the doctor in the secret stores themselves', async () => {
    await useStores({ one: {}, two: { config: { token: '{{db.token}}' } }, three: { flavor: 'sealed' } });
    put('one', { db: { token: 'token-of-two' } });
    const { secretStores } = await project.stacks.doctor('default');
    const outcomes = secretStores.map(({ name, checks }) => [
      name,
      ...checks.map(({ check, outcome }) => `${check} ${outcome}`),
    ]);
    const passed = ['flavor passed', 'config passed', 'secrets passed', 'implementation passed'];
    expect(outcomes).toEqual([
      ['one', ...passed, 'probe passed'],
      ['two', ...passed, 'probe passed'],
      ['three', ...passed, 'probe passed'],
    ]);
    put('one', {});
    const broken = await project.stacks.doctor('default');
    expect(broken.isHealthy).toBe(false);
    const failed = broken.secretStores.flatMap(({ name, checks }) =>
      checks
        .filter(({ outcome }) => outcome === 'failed')
        .flatMap(({ problems }) => problems.map(({ code }) => [name, code])),
    );
    expect(failed).toEqual([['two', 'SECRET_REFERENCE_CYCLE']]);
  });
});
