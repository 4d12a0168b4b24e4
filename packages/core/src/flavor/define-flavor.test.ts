import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { secretField } from '../config/secret-field.ts';
import { Orchestrator } from '../orchestrator/orchestrator.ts';
import { defineFlavor, type FlavorDefinition } from './define-flavor.ts';
import { isFlavor } from './flavor.ts';
import { flavorManifest } from './flavor-manifest.ts';

class Nothing extends Orchestrator {
  override async runPlan(): Promise<void> {}
}

function define(changes: Partial<FlavorDefinition<'orchestrator', z.ZodObject, z.ZodObject>> = {}) {
  return defineFlavor({
    type: 'orchestrator',
    name: 'my-cluster',
    configSchema: z.object({ region: z.string() }),
    implementation: async () => ({ default: Nothing as never }),
    ...changes,
  });
}

test('a flavor is a frozen value, with its defaults, recognised by its brand', () => {
  const flavor = define();
  expect(flavor).toMatchObject({
    type: 'orchestrator',
    name: 'my-cluster',
    configVersion: 1,
    capabilities: [],
    isLocal: false,
  });
  expect(flavor.settingsSchema.parse({})).toEqual({});
  expect(Object.isFrozen(flavor)).toBe(true);
  expect(isFlavor(flavor)).toBe(true);
  expect([{ ...flavor }, {}, undefined, 'x'].map(isFlavor)).toEqual([true, false, false, false]);
});

test('a schema that is missing, or not an object schema, is named', () => {
  for (const changes of [{ configSchema: undefined }, { settingsSchema: z.string() }, { configSchema: {} }]) {
    const [field = ''] = Object.keys(changes);
    expect(() => define(changes as never)).toThrow(
      expect.objectContaining({ code: 'FLAVOR_INVALID', message: expect.stringContaining(field) }),
    );
  }
});

test('defining a flavor does not load its implementation', () => {
  define({ implementation: () => expect.unreachable() });
});

describe('FLAVOR_INVALID is', () => {
  test.each<[string, Parameters<typeof define>[0], RegExp]>([
    ['a name that is not kebab-case', { name: 'MyCluster' }, /kebab-case/],
    ['a name that ends with a hyphen', { name: 'a-' }, /kebab-case/],
    [
      'a field in both schemas',
      { settingsSchema: z.object({ region: z.string() }) },
      /"region" in its config and in its/,
    ],
    ['a reserved option', { configSchema: z.object({ json: z.boolean() }) }, /--json/],
    ['a reserved option of the settings', { settingsSchema: z.object({ dryRun: z.boolean() }) }, /--dry-run/],
    ['a reserved option in kebab-case', { configSchema: z.object({ 'dry-run': z.boolean() }) }, /--dry-run/],
    ['a value that JSON does not have', { configSchema: z.object({ since: z.date() }) }, /JSON cannot hold/],
    [
      'a schema with an id',
      { configSchema: z.object({ a: z.object({ key: secretField() }).meta({ id: 'A' }) }) },
      /id/,
    ],
    [
      'a migration that is missing',
      { configVersion: 3, migrations: { 1: (config) => config } },
      /from config version 2/,
    ],
  ])('%s', (_, changes, message) => {
    expect(() => define(changes)).toThrow(
      expect.objectContaining({ code: 'FLAVOR_INVALID', message: expect.stringMatching(message) }),
    );
  });
});

test('a type that nobody defined is COMPONENT_TYPE_NOT_FOUND with the nearest names', () => {
  expect(() => define({ type: 'orchestrater' as 'orchestrator' })).toThrow(
    expect.objectContaining({ code: 'COMPONENT_TYPE_NOT_FOUND', hint: 'Did you mean "orchestrator"?' }),
  );
});

test('the manifest of a flavor is plain data, with its secret fields', () => {
  const flavor = define({
    configSchema: z.object({ key: secretField().optional(), retries: z.int().default(3) }),
    settingsSchema: z.object({ token: secretField().optional() }),
    displayName: 'My cluster',
    docsUrl: 'https://cluster.example/docs',
  });
  const manifest = flavorManifest(flavor, 'myClusterOrchestratorFlavor');
  expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
  expect(manifest).toMatchObject({
    export: 'myClusterOrchestratorFlavor',
    displayName: 'My cluster',
    docsUrl: 'https://cluster.example/docs',
    secretFields: ['key', 'token'],
    configSchema: {
      type: 'object',
      properties: { key: { type: 'string', secret: true }, retries: { type: 'integer', default: 3 } },
      additionalProperties: false,
    },
  });
  expect(manifest.configSchema.required).toBeUndefined();
});
