import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { secretField } from '../config/secret-field.ts';
import { defineFlavor } from '../flavor/define-flavor.ts';
import type { AnyFlavor } from '../flavor/flavor.ts';
import { Orchestrator } from '../orchestrator/orchestrator.ts';
import { createEnvironmentSecretResolver, maskSecrets, type Secret } from '../secrets/index.ts';
import { createComponent } from './create-component.ts';
import { type ComponentContext, StackComponent } from './stack-component.ts';

type Config = { readonly region: string; readonly key?: Secret | undefined };
type Settings = { readonly attempts: number };

class Cluster extends Orchestrator<Config, Settings> {
  override async runPlan(): Promise<void> {}
  get context() {
    return { baseDirectory: this.baseDirectory, overrides: this.overrides };
  }
}

const flavor = defineFlavor({
  type: 'orchestrator',
  name: 'cluster',
  configSchema: z.object({ region: z.string(), key: secretField().optional() }),
  settingsSchema: z.object({ attempts: z.int().default(1) }),
  implementation: async () => ({ default: Cluster }),
});

function flavorWith(implementation: AnyFlavor['implementation']): AnyFlavor {
  return { ...flavor, implementation };
}

describe('a component', () => {
  test('has its config and settings, parsed, and what it was given', async () => {
    const component = await createComponent(
      flavor,
      { name: 'prod', config: { region: 'eu' }, labels: { team: 'a' }, baseDirectory: '/base' },
      { agent: 1 },
    );
    expect(component).toMatchObject({
      name: 'prod',
      type: 'orchestrator',
      flavor: 'cluster',
      config: { region: 'eu' },
      settings: { attempts: 1 },
      labels: { team: 'a' },
      context: { baseDirectory: '/base', overrides: { agent: 1 } },
    });
    expect(component.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(String(component)).toBe('orchestrator "prod" (cluster)');
    expect(StackComponent.is(component)).toBe(true);
    for (const value of [component.config, component.settings, component.labels])
      expect(Object.isFrozen(value)).toBe(true);
  });

  test('gets the values of secret references, masked from then on', async () => {
    const component = await createComponent(flavor, {
      name: 'prod',
      config: { region: '{{cluster.region}}', key: '{{cluster.key}}' },
      secrets: createEnvironmentSecretResolver({
        STACK_SECRET_CLUSTER__REGION: 'region-value',
        STACK_SECRET_CLUSTER__KEY: 'key-value-1',
      }),
    });
    expect(component.config.region).toBe('region-value');
    expect(component.config.key?.reveal()).toBe('key-value-1');
    expect(maskSecrets('region-value key-value-1')).toBe('[secret] [secret]');
  });

  test('unlike in ZenML may refer to a secret in a field with a rule, which the value has to fit', async () => {
    const strict = defineFlavor({
      type: 'orchestrator',
      name: 'strict',
      configSchema: z.object({ region: z.string().regex(/^eu-/) }),
      settingsSchema: z.object({ attempts: z.int().default(1) }),
      implementation: async () => ({ default: Cluster }),
    });
    const create = (region: string) =>
      createComponent(strict, {
        name: 'prod',
        config: { region: '{{cluster.region}}' },
        secrets: createEnvironmentSecretResolver({ STACK_SECRET_CLUSTER__REGION: region }),
      });
    expect((await create('eu-west')).config.region).toBe('eu-west');
    await expect(create('us-hunter2')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.not.stringContaining('hunter2'),
      problems: [{ path: 'region' }],
    });
  });

  test('does not take a secret reference as its name', async () => {
    await expect(createComponent(flavor, { name: '{{a.b}}', config: { region: 'eu' } })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    });
  });

  test('masks a secret that is written out in the config', async () => {
    await createComponent(flavor, { name: 'prod', config: { region: 'eu', key: 'literal-key' } });
    expect(maskSecrets('the literal-key')).toBe('the [secret]');
  });

  test('does nothing in its hooks, and has no live check, unless its flavor says so', async () => {
    const component = await createComponent(flavor, { name: 'prod', config: { region: 'eu' } });
    const step = { runId: 'r', pipeline: 'p', step: 's', attempt: 1, settings: component.settings };
    await component.prepareStepRun(step);
    expect(await component.getStepRunMetadata(step)).toEqual({});
    await expect(component.probe()).rejects.toMatchObject({ code: 'CAPABILITY_UNSUPPORTED' });
    await component[Symbol.asyncDispose]();
  });
});

describe('before the implementation is loaded', () => {
  const unloadable = flavorWith(() => expect.unreachable());

  test.each(['', 'a b', '-a', 'a/b', 'x'.repeat(101)])('the name %j is ARGUMENT_INVALID', async (name) => {
    await expect(createComponent(unloadable, { name, config: { region: 'eu' } })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    });
  });

  test('a config or settings that do not fit are CONFIG_INVALID', async () => {
    const made = [
      createComponent(unloadable, { name: 'prod', config: {} }),
      createComponent(unloadable, { name: 'prod', config: { region: 'eu' }, settings: { attempts: 0.5 } }),
    ];
    for (const promise of made) await expect(promise).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('a reference without a value is SECRET_NOT_FOUND', async () => {
    const made = createComponent(unloadable, {
      name: 'prod',
      config: { region: 'eu', key: '{{cluster.key}}' },
      secrets: createEnvironmentSecretResolver({}),
    });
    await expect(made).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' });
  });
});

describe('an implementation that cannot be imported', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stack-core-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function create(text: string) {
    await writeFile(join(folder, 'implementation.mjs'), text);
    const url = pathToFileURL(join(folder, 'implementation.mjs')).href;
    return createComponent(
      flavorWith(() => import(/* @vite-ignore */ url)),
      { name: 'prod', config: { region: 'eu' } },
    );
  }

  test('for want of a package is DEPENDENCY_MISSING with the command that installs it', async () => {
    await expect(create("import '@acme/sdk/client';")).rejects.toMatchObject({
      code: 'DEPENDENCY_MISSING',
      message: expect.stringContaining('"@acme/sdk"'),
      hint: 'Install it: npm install @acme/sdk',
    });
  });

  test('for want of a package of its package names both', async () => {
    await mkdir(join(folder, 'node_modules/sdk'), { recursive: true });
    await writeFile(
      join(folder, 'node_modules/sdk/package.json'),
      '{ "name": "sdk", "type": "module", "main": "index.js" }',
    );
    await writeFile(join(folder, 'node_modules/sdk/index.js'), "import 'peer-of-sdk';");
    await expect(create("import 'sdk';")).rejects.toMatchObject({
      code: 'DEPENDENCY_MISSING',
      message: expect.stringMatching(/"peer-of-sdk", which sdk imports,/),
    });
  });

  test('because it throws is MODULE_LOAD_FAILED', async () => {
    await expect(create("throw new Error('broken on import');")).rejects.toMatchObject({
      code: 'MODULE_LOAD_FAILED',
      message: expect.stringContaining('broken on import'),
    });
  });

  test('or has no class as its default export is MODULE_LOAD_FAILED', async () => {
    await expect(create('export default 7;')).rejects.toMatchObject({ code: 'MODULE_LOAD_FAILED' });
  });
});

test('the constructor of an implementation gets a context that is complete', async () => {
  let context: ComponentContext | undefined;
  class Watching extends Cluster {
    constructor(given: ComponentContext<Config, Settings>) {
      super(given);
      context = given;
    }
  }
  await createComponent(
    flavorWith(async () => ({ default: Watching })),
    { name: 'prod', id: 'the-id', config: { region: 'eu' } },
  );
  expect(context).toMatchObject({ id: 'the-id', baseDirectory: process.cwd(), overrides: {}, labels: {} });
});
