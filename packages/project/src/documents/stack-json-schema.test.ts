import { defineFlavor, flavorManifest, listComponentTypes, Orchestrator, secretField } from '@stack/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { stackJsonSchema } from './stack-json-schema.ts';

class Nothing extends Orchestrator {
  override async runPlan(): Promise<void> {}
}

const cluster = defineFlavor({
  type: 'orchestrator',
  name: 'cluster',
  configVersion: 2,
  migrations: { 1: (config) => config },
  configSchema: z.object({
    size: z.enum(['small', 'large']).default('small').describe('How large'),
    region: z.string().min(3),
    token: secretField().optional(),
    node: z.object({ image: z.string().regex(/^img:/), pattern: z.string().optional() }).optional(),
  }),
  settingsSchema: z.object({ cpus: z.int().min(1).optional() }),
  implementation: async () => ({ default: Nothing }),
});

function flavor(packageName: string | undefined, name = 'cluster') {
  return { type: 'orchestrator', name, manifest: flavorManifest(cluster, 'x'), package: packageName };
}

const twins = [
  flavor('a'),
  { ...flavor('b'), manifest: { ...flavorManifest(cluster, 'x'), configSchema: { type: 'object' } } },
];
// An editor says nothing of keywords that it does not know, such as `secret`.
const compile = (flavors: Parameters<typeof stackJsonSchema>[0]['flavors']) =>
  new Ajv2020({ strict: false, allErrors: true }).compile(stackJsonSchema({ types: listComponentTypes(), flavors }));
const isValid = compile([flavor('a')]);

function stack(orchestrator: unknown) {
  return { name: 'prod', components: { orchestrator, 'artifact-store': 'default' } };
}

describe('stackJsonSchema', () => {
  it('takes what a document may be', () => {
    const component = {
      name: 'a',
      flavor: 'cluster',
      config: { region: 'eu-1', size: 'large' },
      settings: { cpus: 1 },
    };
    for (const orchestrator of [
      'default',
      component,
      [component],
      { ...component, config: { region: '{{aws.region}}', size: '{{a.b}}', node: { image: '{{a.b}}' } } },
      // Of an older version nothing is known, nor of a flavor that is not installed.
      { ...component, configVersion: 1, config: { zone: 'a' } },
      { ...component, flavor: 'other', config: { any: 1 } },
    ]) {
      expect([isValid(stack(orchestrator)), isValid.errors]).toEqual([true, null]);
    }
  });

  it.each([
    ['a field that the flavor does not have', { config: { region: 'eu-1', regoin: 'x' } }],
    ['a value that the flavor does not take', { config: { region: 'eu-1', size: 'medium' } }],
    ['a nested value', { config: { region: 'eu-1', node: { image: 'x' } } }],
    ['a config that lacks a field', { config: {} }],
    ['no config where one is needed', {}],
    ['settings', { config: { region: 'eu-1' }, settings: { cpus: 0 } }],
    ['a field that no component has', { config: { region: 'eu-1' }, lables: {} }],
  ])('refuses %s', (_, part) => {
    expect(isValid(stack({ name: 'a', flavor: 'cluster', ...part }))).toBe(false);
  });

  it('refuses a stack without what every stack has, a type that is unknown, and a second one of a type', () => {
    expect(isValid({ name: 'a', components: { orchestrator: 'a' } })).toBe(false);
    expect(isValid({ name: 'a', components: { ...stack('a').components, orchestrater: 'a' } })).toBe(false);
    expect(isValid(stack(['a', 'b']))).toBe(false);
  });

  it('tells two packages with a flavor of one name apart', () => {
    const check = compile(twins);
    const component = { name: 'a', flavor: 'cluster', config: { any: 1 } };
    expect(check(stack({ ...component, package: 'a' }))).toBe(false);
    expect(check(stack({ ...component, package: 'b' }))).toBe(true);
  });

  it('keeps descriptions and defaults where an editor shows them', () => {
    const text = JSON.stringify(stackJsonSchema({ types: listComponentTypes(), flavors: [flavor('a')] }));
    expect(text).toContain('"size":{"description":"How large","default":"small","anyOf":[');
  });
});
