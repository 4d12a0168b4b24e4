import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type AnyFlavor,
  createEnvironmentSecretResolver,
  defineComponentType,
  flavorManifest,
  StackError,
} from '@stack/core';
import { type ComponentCheck, initProject, type Project, type StackDiagnosis } from '@stack/project';
import { type NewComponent, openStore } from '@stack/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// The behaviours that the tests of ZenML pin for stacks are among these. "as ZenML" marks a behaviour that is the same,
// "stricter than ZenML" one that is so on purpose.

// A type of which a stack may have several, as a third party defines it.
defineComponentType({
  name: 'notifier',
  label: 'notifier',
  description: 'Tells people.',
  required: false,
  multiple: true,
});

const flavors = `
import { artifactStoreConfig, defineFlavor, Orchestrator, secretField, StackComponent } from '@stack/core';
import * as z from 'zod';

const orchestrator = (name, isLocal, more = {}) => defineFlavor({
  type: 'orchestrator',
  name,
  isLocal,
  configSchema: z.object({}),
  implementation: async () => ({ default: class extends Orchestrator { async runPlan() {} } }),
  ...more,
});
const notifier = (name, probe, more = {}) => defineFlavor({
  type: 'notifier',
  name,
  configSchema: z.object({ channel: z.string().optional(), token: secretField().optional() }),
  implementation: async () => ({ default: class extends StackComponent { async probe() { return probe(); } } }),
  ...more,
});
const artifactStore = (name, isLocal, sdk) => defineFlavor({
  type: 'artifact-store',
  name,
  isLocal,
  configSchema: artifactStoreConfig({ schemes: ['any://'] }).extend({ retries: z.int().max(9).optional() }),
  implementation: () => import(sdk),
});

export const inline = orchestrator('inline', true);
export const cluster = orchestrator('cluster', false);
export const picky = orchestrator('picky', true, {
  validateStack: (self, stack) => stack.some(({ type }) => type === 'notifier')
    ? []
    : [{ path: 'notifier', message: self.name + ' wants a notifier' }],
});
export const disk = artifactStore('disk', true, 'a-disk-sdk');
export const cloud = artifactStore('cloud', false, 'a-cloud-sdk');
export const mail = notifier('mail', () => ({ healthy: true, message: 'reached ' + 'post office' }));
export const owl = notifier('owl', () => ({ healthy: false, message: 'it sleeps', hint: 'Wait for the night.' }));
export const pigeon = notifier('pigeon', () => ({ healthy: false, message: 'it flew away' }));
export const crash = notifier('crash', () => { throw new Error('crashed'); });
export const hang = notifier('hang', () => new Promise(() => {}));
export const silent = defineFlavor({
  type: 'notifier',
  name: 'silent',
  configSchema: z.object({}),
  implementation: async () => ({ default: class extends StackComponent {} }),
});
`;

// This package: `@stack/core` and zod are installed there, and no integration.
const provider = dirname(dirname(import.meta.dirname));

let root: string;
let project: Project;
const environment: Record<string, string | undefined> = {};

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'stack-stacks-')));
  await mkdir(join(root, 'flavors'));
  await writeFile(join(root, 'flavors', 'all.ts'), flavors);
  environment.STACK_SECRET_MAIL__TOKEN = undefined;
  const secrets = createEnvironmentSecretResolver(environment);
  ({ project } = await initProject(root, { integrationsFrom: [provider], secrets }));
  for (const name of [
    'inline',
    'cluster',
    'picky',
    'disk',
    'cloud',
    'mail',
    'pigeon',
    'owl',
    'crash',
    'hang',
    'silent',
  ]) {
    const source = `flavors/all.ts#${name}`;
    await project.flavors.register({ type: typeOf(name), source });
    const config = typeOf(name) === 'artifact-store' ? { path: 'any://a' } : {};
    await project.components.register({ type: typeOf(name), name, flavor: name, config });
  }
});

afterEach(async () => {
  await project[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

function typeOf(name: string): string {
  if (['inline', 'cluster', 'picky'].includes(name)) return 'orchestrator';
  return ['disk', 'cloud'].includes(name) ? 'artifact-store' : 'notifier';
}

/** By type, as the client wants them: `['inline', 'disk']` are the orchestrator inline and the artifact store disk. */
function parts(...names: string[]): Record<string, string[]> {
  return Object.fromEntries([...Map.groupBy(names, typeOf)]);
}

function register(name: string, ...components: string[]) {
  return project.stacks.register({ name, components: parts(...components), labels: { team: 'a' } });
}

async function namesOf(stack: string): Promise<string[]> {
  return (await project.stacks.get(stack)).components.map(({ name }) => name);
}

/** Stores components as an older or newer version of a flavor, or another machine, left them. */
async function store(...components: (Omit<NewComponent, 'type'> & { type?: string })[]): Promise<void> {
  await using tables = await openStore({ file: join(root, '.stack', 'stack.db') });
  for (const component of components) await tables.components.add({ type: 'notifier', ...component });
}

async function failure(promise: Promise<unknown>): Promise<StackError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!StackError.is(error)) throw new Error('expected a StackError', { cause: error });
  return error;
}

describe('updating a stack', () => {
  it('replaces the components of the types given, whether it is active or not, as ZenML', async () => {
    await register('mine', 'inline', 'disk', 'mail');
    await project.stacks.update('mine', { components: parts('cloud') });
    expect(await namesOf('mine')).toEqual(['inline', 'cloud', 'mail']);
    await project.stacks.activate('mine');
    await project.stacks.update('mine', { components: parts('picky', 'pigeon', 'mail') });
    expect(await namesOf('mine')).toEqual(['picky', 'cloud', 'pigeon', 'mail']);
  });

  it('sets and removes labels, and leaves the others', async () => {
    await register('mine', 'inline', 'disk');
    const { labels, components } = await project.stacks.update('mine', { labels: { stage: 'prod' } });
    expect(labels).toEqual({ team: 'a', stage: 'prod' });
    expect(components).toHaveLength(2);
    expect((await project.stacks.update('mine', { labels: { team: undefined } })).labels).toEqual({ stage: 'prod' });
  });

  it('with a label that is no text under a name is refused, as at registration', async () => {
    await register('mine', 'inline', 'disk');
    for (const labels of [{ team: 1 }, { '': 'a' }] as unknown as Record<string, string>[]) {
      const registration = { name: 'other', components: parts('inline', 'disk'), labels };
      expect(await failure(project.stacks.register(registration))).toMatchObject({ code: 'ARGUMENT_INVALID' });
      expect(await failure(project.stacks.update('mine', { labels }))).toMatchObject({ code: 'ARGUMENT_INVALID' });
    }
    expect((await project.stacks.list()).map(({ name }) => name)).toEqual(['default', 'mine']);
  });

  it('of the default stack is PROTECTED and leaves it as it was, as ZenML', async () => {
    const before = await project.stacks.get('default');
    for (const change of [
      project.stacks.update('default', { components: parts('inline') }),
      project.stacks.update('default', { labels: { a: 'b' } }),
      project.stacks.addComponents('default', parts('mail')),
      project.stacks.removeComponents('default', { orchestrator: ['default'] }),
      project.stacks.rename('default', 'mine'),
      project.stacks.remove('default', { recursive: true }),
    ]) {
      expect(await failure(change)).toMatchObject({ code: 'PROTECTED' });
    }
    expect(await project.stacks.get('default')).toEqual(before);
    expect(await project.components.list({ type: 'artifact-store' })).toHaveLength(3);
  });

  it('that does not exist is STACK_NOT_FOUND with the nearest name, as ZenML', async () => {
    await register('mine', 'inline', 'disk');
    for (const change of [
      project.stacks.update('mien', { labels: {} }),
      project.stacks.addComponents('mien', parts('mail')),
      project.stacks.removeComponents('mien', parts('disk')),
      project.stacks.rename('mien', 'other'),
      project.stacks.copy('mien', 'other'),
      project.stacks.remove('mien'),
    ]) {
      expect(await failure(change)).toMatchObject({ code: 'STACK_NOT_FOUND', hint: 'Did you mean "mine"?' });
    }
  });

  it('with components that do not exist tells of all of them at once', async () => {
    await register('mine', 'inline', 'disk');
    const components = { orchestrator: ['inlin'], 'artifact-store': ['dsik'] };
    const error = await failure(project.stacks.update('mine', { components }));
    expect(error).toMatchObject({ code: 'COMPONENT_NOT_FOUND' });
    expect(error.problems.map(({ hint }) => hint)).toEqual(['Did you mean "inline"?', 'Did you mean "disk"?']);
    expect(await namesOf('mine')).toEqual(['inline', 'disk']);
  });

  it('loses none of the changes that are made at the same time', async () => {
    await register('mine', 'inline', 'disk');
    const names = ['mail', 'pigeon', 'crash', 'hang', 'silent'];
    await Promise.all([
      ...names.map((name) => project.stacks.addComponents('mine', parts(name))),
      project.stacks.update('mine', { labels: { stage: 'prod' } }),
    ]);
    expect((await namesOf('mine')).toSorted()).toEqual(['inline', 'disk', ...names].toSorted());
    expect((await project.stacks.get('mine')).labels).toEqual({ team: 'a', stage: 'prod' });
  });
});

describe('adding a component to a stack', () => {
  it('adds it, as ZenML, behind the others of its type: the default stays', async () => {
    await register('mine', 'inline', 'disk', 'mail');
    const { components } = await project.stacks.addComponents('mine', parts('pigeon', 'silent'));
    expect(components.map(({ name }) => name)).toEqual(['inline', 'disk', 'mail', 'pigeon', 'silent']);
  });

  it('that it has, or a second one of a type that it has one of, is ALREADY_EXISTS with how to replace it', async () => {
    await register('mine', 'inline', 'disk');
    expect(await failure(project.stacks.addComponents('mine', parts('disk')))).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(await failure(project.stacks.addComponents('mine', parts('cloud')))).toMatchObject({
      code: 'ALREADY_EXISTS',
      hint: 'Replace it: stack update mine --artifact-store cloud',
    });
    expect(await namesOf('mine')).toEqual(['inline', 'disk']);
  });

  it('of an unknown type is COMPONENT_TYPE_NOT_FOUND', async () => {
    await register('mine', 'inline', 'disk');
    expect(await failure(project.stacks.addComponents('mine', { notifer: ['mail'] }))).toMatchObject({
      code: 'COMPONENT_TYPE_NOT_FOUND',
      hint: 'Did you mean "notifier"?',
    });
  });
});

describe('removing a component from a stack', () => {
  it('takes an optional one out and keeps it registered, as ZenML', async () => {
    await register('mine', 'inline', 'disk', 'mail', 'pigeon');
    await project.stacks.removeComponents('mine', parts('mail'));
    expect(await namesOf('mine')).toEqual(['inline', 'disk', 'pigeon']);
    expect((await project.components.get('notifier', 'mail')).name).toBe('mail');
  });

  it('is refused for one that every stack has, as ZenML', async () => {
    await register('mine', 'inline', 'disk');
    for (const [name, type] of [
      ['inline', 'orchestrator'],
      ['disk', 'artifact-store'],
    ] as const) {
      expect(await failure(project.stacks.removeComponents('mine', parts(name)))).toMatchObject({
        code: 'STACK_INVALID',
        hint: `Give it another one: stack update mine --${type} NAME`,
      });
    }
    expect(await namesOf('mine')).toEqual(['inline', 'disk']);
  });

  it('that it does not have is COMPONENT_NOT_FOUND', async () => {
    await register('mine', 'inline', 'disk');
    expect(await failure(project.stacks.removeComponents('mine', parts('mail')))).toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
      message: 'The stack "mine" does not have the notifier "mail".',
    });
  });
});

describe('renaming a stack', () => {
  it('changes its name alone, whether it is active or not, as ZenML', async () => {
    const { id } = await register('mine', 'inline', 'disk');
    expect(await project.stacks.rename('mine', 'ours')).toMatchObject({ id, name: 'ours', labels: { team: 'a' } });
    await project.stacks.activate('ours');
    await project.stacks.rename('ours', 'yours');
    expect(await project.stacks.active()).toMatchObject({ id, name: 'yours' });
    expect(await namesOf('yours')).toEqual(['inline', 'disk']);
  });

  it('to a taken name is ALREADY_EXISTS, as ZenML, and to a bad one ARGUMENT_INVALID', async () => {
    await register('mine', 'inline', 'disk');
    expect(await failure(project.stacks.rename('mine', 'default'))).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await failure(project.stacks.rename('mine', 'a/b'))).toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});

describe('copying a stack', () => {
  it('takes all components of every type in their order, and the labels; ZenML takes the first of each', async () => {
    const { id } = await register('mine', 'inline', 'disk', 'pigeon', 'mail');
    const copy = await project.stacks.copy('mine', 'ours');
    expect(copy.id).not.toBe(id);
    expect(await namesOf('ours')).toEqual(await namesOf('mine'));
    expect(copy.labels).toEqual({ team: 'a' });
  });

  it('of the default stack is one of your own', async () => {
    await project.stacks.copy('default', 'mine');
    await project.stacks.update('mine', { components: parts('inline') });
    expect(await namesOf('mine')).toEqual(['inline', 'default']);
    expect(await namesOf('default')).toEqual(['default', 'default']);
  });

  it('to a taken name is ALREADY_EXISTS', async () => {
    expect(await failure(project.stacks.copy('default', 'default'))).toMatchObject({ code: 'ALREADY_EXISTS' });
  });
});

describe('listing stacks', () => {
  it('filters them by labels and by components', async () => {
    await register('one', 'inline', 'disk', 'mail');
    await register('two', 'inline', 'cloud');
    await project.stacks.update('two', { labels: { team: 'b' } });
    const names = async (...[options]: Parameters<typeof project.stacks.list>) =>
      (await project.stacks.list(options)).map(({ name }) => name);
    expect(await names()).toEqual(['default', 'one', 'two']);
    expect(await names({ labels: { team: 'b' } })).toEqual(['two']);
    expect(await names({ components: parts('inline') })).toEqual(['one', 'two']);
    expect(await names({ components: parts('inline', 'mail') })).toEqual(['one']);
    expect(await failure(project.stacks.list({ components: parts('dsik') }))).toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
    });
  });
});

describe('deleting a stack', () => {
  it('keeps its components', async () => {
    await register('mine', 'inline', 'disk');
    expect(await project.stacks.remove('mine')).toMatchObject({ name: 'mine', components: [] });
    expect((await project.components.get('artifact-store', 'disk')).name).toBe('disk');
  });

  it('recursively deletes components that no other stack has, and keeps shared and default ones, as ZenML', async () => {
    await project.stacks.register({
      name: 'mine',
      components: { orchestrator: ['default'], 'artifact-store': ['disk'], notifier: ['mail', 'pigeon'] },
    });
    await register('other', 'inline', 'cloud', 'mail');
    const removed = await project.stacks.remove('mine', { recursive: true });
    expect(removed.components.map(({ name }) => name)).toEqual(['disk', 'pigeon']);
    expect(await namesOf('default')).toEqual(['default', 'default']);
    expect(await namesOf('other')).toEqual(['inline', 'cloud', 'mail']);
    expect(await failure(project.components.get('notifier', 'pigeon'))).toMatchObject({ code: 'COMPONENT_NOT_FOUND' });
  });

  it('that is active is IN_USE, recursively too, and deletes nothing', async () => {
    await register('mine', 'inline', 'disk');
    await project.stacks.activate('mine');
    expect(await failure(project.stacks.remove('mine', { recursive: true }))).toMatchObject({
      code: 'IN_USE',
      hint: 'Make another one active first: stack set default',
    });
    expect(await namesOf('mine')).toEqual(['inline', 'disk']);
  });
});

describe('components that can never work together', () => {
  it('are refused with all problems and their codes when a stack is registered', async () => {
    const error = await failure(register('mine', 'cluster', 'disk', 'cloud'));
    expect(error.code).toBe('STACK_INVALID');
    expect(error.problems.map(({ path, code }) => [path, code])).toEqual([
      ['artifactStore', 'COMPONENT_REPEATED'],
      ['artifact-store:disk', 'COMPONENT_LOCAL'],
      ['store', 'STORE_LOCAL'],
    ]);
    expect(await failure(register('mine'))).toMatchObject({
      problems: [{ code: 'COMPONENT_MISSING' }, { code: 'COMPONENT_MISSING' }],
    });
    expect(await project.stacks.list()).toHaveLength(1);
  });

  it('are refused for what a flavor itself checks, as ZenML: without what it wants, and not with it', async () => {
    expect(await failure(register('mine', 'picky', 'disk'))).toMatchObject({
      problems: [{ path: 'notifier', code: 'STACK_INVALID', message: 'picky wants a notifier' }],
    });
    await register('mine', 'picky', 'disk', 'mail');
    expect((await project.stacks.validate('mine')).problems).toEqual([]);
  });

  it('are refused when a change brings them about, and the stack stays as it was', async () => {
    await register('mine', 'picky', 'disk', 'mail');
    for (const change of [
      project.stacks.update('mine', { components: parts('cluster') }),
      project.stacks.removeComponents('mine', parts('mail')),
    ]) {
      expect(await failure(change)).toMatchObject({ code: 'STACK_INVALID' });
    }
    expect(await namesOf('mine')).toEqual(['picky', 'disk', 'mail']);
  });

  it('do not run: a remote orchestrator over a local store is refused also when the stack is there, as ZenML', async () => {
    await register('mine', 'inline', 'disk');
    await turnRemote('inline');
    expect(await failure(project.stacks.open('mine'))).toMatchObject({
      code: 'STACK_INVALID',
      problems: [{ code: 'COMPONENT_LOCAL' }, { code: 'STORE_LOCAL' }],
    });
  });

  it('can be mended step by step', async () => {
    await register('mine', 'inline', 'disk');
    await turnRemote('inline');
    await project.stacks.update('mine', { components: parts('cloud') });
    expect((await project.stacks.validate('mine')).problems).toMatchObject([{ code: 'STORE_LOCAL' }]);
    await project.stacks.addComponents('mine', parts('mail'));
    expect(await namesOf('mine')).toEqual(['inline', 'cloud', 'mail']);
  });

  /** What another process would see after the flavor of a component was changed. */
  async function turnRemote(name: string): Promise<void> {
    const load = project.flavors.loadOf.bind(project.flavors);
    project.flavors.loadOf = async (component, options) => {
      const { flavor, flavorPackage } = await load(component, options);
      return { flavor: { ...flavor, isLocal: flavor.name !== name && flavor.name === 'disk' }, flavorPackage };
    };
  }
});

describe('validating a stack', () => {
  it('of one that can be used finds nothing, loads no implementation and changes nothing', async () => {
    const before = await project.stacks.list();
    const components = await project.components.list();
    await register('mine', 'inline', 'disk', 'mail');
    const { problems, stack } = await project.stacks.validate('mine');
    expect(problems).toEqual([]);
    expect(stack).toEqual(await project.stacks.get('mine'));
    expect((await project.stacks.list()).filter(({ name }) => name !== 'mine')).toEqual(before);
    expect(await project.components.list()).toEqual(components);
  });

  it('tells of everything at once: what the stack is, and what is missing on this machine', async () => {
    await store(
      { name: 'old', flavor: 'mail', configVersion: 1, config: { channel: 7, token: '{{mail.token}}' } },
      { name: 'gone', flavor: 'mali', configVersion: 1, config: {} },
    );
    await project.stacks.register({
      name: 'mine',
      components: { ...parts('inline', 'disk'), notifier: ['old', 'gone'] },
    });
    const { problems } = await project.stacks.validate('mine');
    expect(problems.map(({ path, code, concerns }) => `${concerns} ${path} ${code}`)).toEqual([
      'component notifier:old.channel CONFIG_INVALID',
      'component notifier:old.token SECRET_NOT_FOUND',
      'component notifier:gone FLAVOR_NOT_FOUND',
    ]);
    expect(problems.map(({ hint }) => hint)).toEqual([
      'Set it: stack notifier update old --channel=VALUE',
      'Set the environment variable STACK_SECRET_MAIL__TOKEN.',
      expect.stringContaining('flavor register'),
    ]);
  });

  it('finds a secret in the environment, as ZenML in its store, and shows it nowhere', async () => {
    const config = { token: '{{mail.token}}' };
    await project.components.register({ type: 'notifier', name: 'post', flavor: 'mail', config });
    await project.stacks.register({ name: 'mine', components: { ...parts('inline', 'disk'), notifier: ['post'] } });
    environment.STACK_SECRET_MAIL__TOKEN = 'hunter2hunter2';
    const validation = await project.stacks.validate('mine');
    expect(validation.problems).toEqual([]);
    expect(JSON.stringify(validation)).not.toContain('hunter2');
  });

  it('of one that is not registered is possible too', async () => {
    const components = [await project.components.get('orchestrator', 'cluster')];
    const { problems } = await project.stacks.validate({ name: 'draft', components });
    expect(problems.map(({ code }) => code)).toEqual(['COMPONENT_MISSING', 'STORE_LOCAL']);
  });
});

describe('two packages that have a flavor of one name', () => {
  /** `@acme/cloudy` runs steps elsewhere and wants a region; `@acme/plain` does neither. */
  async function installBoth(): Promise<void> {
    const both = {
      '@acme/cloudy': 'isLocal: false, configSchema: z.object({ region: z.string() }),',
      '@acme/plain': '',
    };
    const dependencies = Object.fromEntries(Object.keys(both).map((name) => [name, '1.0.0']));
    await writeFile(join(root, 'package.json'), JSON.stringify({ type: 'module', dependencies }));
    for (const [name, properties] of Object.entries(both)) {
      const folder = join(root, 'node_modules', name);
      await mkdir(folder, { recursive: true });
      const stack = { apiVersion: 1, manifest: './manifest.json' };
      const description = { name, version: '1.0.0', type: 'module', exports: './index.js', stack };
      await writeFile(join(folder, 'package.json'), JSON.stringify(description));
      await writeFile(
        join(folder, 'index.js'),
        `import { defineFlavor, Orchestrator } from '@stack/core';
        import * as z from 'zod';
        export const twin = defineFlavor({
          type: 'orchestrator', name: 'twin', isLocal: true, configSchema: z.object({}), ${properties}
          implementation: async () => ({ default: class extends Orchestrator { async runPlan() {} } }),
        });`,
      );
      const { twin } = (await import(join(folder, 'index.js'))) as { twin: AnyFlavor };
      const flavor = flavorManifest(twin, 'twin');
      const manifest = { apiVersion: 1, package: name, version: '1.0.0', componentTypes: [], flavors: [flavor] };
      await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    }
  }

  it('are told apart by what each component was registered with', async () => {
    await installBoth();
    const register = (name: string, config: Record<string, string>) =>
      project.components.register({ type: 'orchestrator', name, flavor: `@acme/${name}:twin`, config });
    await register('plain', {});
    await register('cloudy', { region: 'eu' });
    const components = (orchestrator: string) => ({ orchestrator: [orchestrator], 'artifact-store': ['disk'] });
    await project.stacks.register({ name: 'mine', components: components('plain') });
    expect((await project.stacks.validate('mine')).problems).toEqual([]);
    expect(await failure(project.stacks.register({ name: 'other', components: components('cloudy') }))).toMatchObject({
      code: 'STACK_INVALID',
      problems: [{ code: 'COMPONENT_LOCAL' }, { code: 'STORE_LOCAL' }],
    });
    const cloudy = [await project.components.get('orchestrator', 'cloudy')];
    const { problems } = await project.stacks.validate({ name: 'draft', components: cloudy });
    expect(problems.map(({ code }) => code)).toEqual(['COMPONENT_MISSING', 'STORE_LOCAL']);
    const { components: diagnosed } = await project.stacks.doctor('mine');
    expect(diagnosed[0]?.checks.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed', 'passed']);
  });
});

describe('the doctor', () => {
  const outcomes = ({ components }: StackDiagnosis) =>
    Object.fromEntries(components.map(({ name, checks }) => [name, checks.map(({ outcome }) => outcome).join(' ')]));

  const checkOf = ({ components }: StackDiagnosis, name: string, what: ComponentCheck['check']) =>
    components.find((component) => component.name === name)?.checks.find(({ check }) => check === what);

  it('loads the implementations, and says which package is missing', async () => {
    await register('mine', 'inline', 'disk', 'mail');
    const diagnosis = await project.stacks.doctor('mine');
    expect(diagnosis).toMatchObject({ isHealthy: false, stack: { name: 'mine' } });
    expect(outcomes(diagnosis)).toEqual({
      inline: 'passed passed passed passed',
      disk: 'passed passed passed failed',
      mail: 'passed passed passed passed',
    });
    expect(checkOf(diagnosis, 'disk', 'implementation')).toMatchObject({
      problems: [
        { path: 'artifact-store:disk', code: 'DEPENDENCY_MISSING', hint: 'Install it: npm install a-disk-sdk' },
      ],
    });
  });

  it('asks the systems behind the components when live, and none hides another', async () => {
    await register('mine', 'inline', 'disk', 'mail', 'pigeon', 'owl', 'crash', 'hang', 'silent');
    const diagnosis = await project.stacks.doctor('mine', { live: true, timeLimit: 1000 });
    expect(outcomes(diagnosis)).toEqual({
      inline: 'passed passed passed passed skipped',
      disk: 'passed passed passed failed skipped',
      mail: 'passed passed passed passed passed',
      pigeon: 'passed passed passed passed failed',
      owl: 'passed passed passed passed failed',
      crash: 'passed passed passed passed failed',
      hang: 'passed passed passed passed failed',
      silent: 'passed passed passed passed skipped',
    });
    expect(checkOf(diagnosis, 'mail', 'probe')).toMatchObject({ message: 'reached post office' });
    expect(checkOf(diagnosis, 'silent', 'probe')).toMatchObject({ message: 'its flavor has no live check' });
    expect(checkOf(diagnosis, 'pigeon', 'probe')?.problems).toMatchObject([
      { code: 'STACK_UNHEALTHY', message: 'it flew away', hint: expect.stringContaining('notifier describe pigeon') },
    ]);
    expect(checkOf(diagnosis, 'owl', 'probe')?.problems).toMatchObject([{ hint: 'Wait for the night.' }]);
    expect(checkOf(diagnosis, 'crash', 'probe')?.problems).toMatchObject([
      { message: 'crashed', hint: expect.stringContaining('notifier describe crash') },
    ]);
    expect(checkOf(diagnosis, 'hang', 'probe')?.problems).toMatchObject([
      {
        code: 'TIMEOUT',
        message: 'the check of its probe took longer than 1 s',
        hint: expect.stringContaining('--timeout'),
      },
    ]);
  });

  it('goes on where a flavor, a config or a secret is missing, and tells what it could not look at', async () => {
    await store(
      { name: 'secret', flavor: 'mail', configVersion: 1, config: { token: '{{mail.token}}' } },
      { name: 'newer', flavor: 'mail', configVersion: 7, config: {} },
      { name: 'gone', flavor: 'mali', configVersion: 1, config: {} },
    );
    await project.stacks.register({
      name: 'mine',
      components: { ...parts('inline', 'disk'), notifier: ['secret', 'newer', 'gone', 'mail'] },
    });
    const diagnosis = await project.stacks.doctor('mine', { live: true });
    expect(outcomes(diagnosis)).toMatchObject({
      secret: 'passed passed failed passed skipped',
      newer: 'passed failed passed passed skipped',
      gone: 'failed skipped passed skipped skipped',
      mail: 'passed passed passed passed passed',
    });
    expect(checkOf(diagnosis, 'newer', 'config')?.problems).toMatchObject([{ code: 'CONFIG_TOO_NEW' }]);
  });

  it('checks the value of a secret once it is known, and does not show it', async () => {
    await store({
      type: 'artifact-store',
      name: 'kept',
      flavor: 'disk',
      configVersion: 1,
      config: { path: '{{mail.token}}' },
    });
    await project.stacks.register({ name: 'mine', components: { ...parts('inline'), 'artifact-store': ['kept'] } });
    expect(outcomes(await project.stacks.doctor('mine'))).toMatchObject({ kept: 'passed passed failed failed' });
    environment.STACK_SECRET_MAIL__TOKEN = 'hunter2hunter2';
    const diagnosis = await project.stacks.doctor('mine');
    expect(outcomes(diagnosis)).toMatchObject({ kept: 'passed failed passed failed' });
    expect(checkOf(diagnosis, 'kept', 'config')?.problems).toMatchObject([{ path: 'artifact-store:kept.path' }]);
    expect(JSON.stringify(diagnosis)).not.toContain('hunter2');
  });
});
