import { expect, test } from 'vitest';
import { type Manifest, parseManifest } from './manifest.ts';

const manifest: Manifest = {
  apiVersion: 1,
  package: 'stack-integration-acme',
  version: '1.0.0',
  componentTypes: [{ name: 'index', label: 'index', description: 'Finds.', required: false, multiple: true }],
  flavors: [
    {
      type: 'artifact-store',
      name: 'acme',
      export: 'acmeArtifactStoreFlavor',
      configVersion: 1,
      configSchema: { type: 'object' },
      settingsSchema: { type: 'object' },
      secretFields: [],
      isLocal: false,
      capabilities: [],
    },
  ],
};

test('a manifest is read as it was written', () => {
  expect(parseManifest(JSON.stringify(manifest), 'acme')).toEqual(manifest);
});

const [flavor] = manifest.flavors;

test.each<[string, unknown]>([
  ['a list', []],
  ['null', null],
  ['no package', { ...manifest, package: undefined }],
  ['no flavors', { ...manifest, flavors: undefined }],
  ['a flavor that is null', { ...manifest, flavors: [null] }],
  ['a flavor without a type', { ...manifest, flavors: [{ ...flavor, type: 7 }] }],
  ['a flavor without a schema', { ...manifest, flavors: [{ ...flavor, configSchema: 'x' }] }],
  ['a flavor without a config version', { ...manifest, flavors: [{ ...flavor, configVersion: '1' }] }],
  ['a flavor without secret fields', { ...manifest, flavors: [{ ...flavor, secretFields: undefined }] }],
  ['a flavor whose display name is a number', { ...manifest, flavors: [{ ...flavor, displayName: 7 }] }],
  ['a flavor whose capabilities are no texts', { ...manifest, flavors: [{ ...flavor, capabilities: [{}] }] }],
  ['a flavor that does not say whether it is local', { ...manifest, flavors: [{ ...flavor, isLocal: undefined }] }],
  ['no component types', { ...manifest, componentTypes: {} }],
  ['a component type that is null', { ...manifest, componentTypes: [null] }],
  ['a component type without a label', { ...manifest, componentTypes: [{ name: 'index' }] }],
])('a manifest with %s is MANIFEST_INVALID', (_, value) => {
  expect(() => parseManifest(JSON.stringify(value), 'acme')).toThrow(
    expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringContaining('acme') }),
  );
});

test('a text that is not JSON is MANIFEST_INVALID', () => {
  expect(() => parseManifest('{', 'acme')).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
});

test('a manifest of another version of the contract says what to update', () => {
  const parse = (apiVersion: unknown) => () => parseManifest(JSON.stringify({ ...manifest, apiVersion }), 'acme');
  expect(parse(2)).toThrow(
    expect.objectContaining({ code: 'API_VERSION_UNSUPPORTED', hint: 'Update @stack/cli and @stack/core.' }),
  );
  expect(parse(0)).toThrow(
    expect.objectContaining({ code: 'API_VERSION_UNSUPPORTED', hint: 'Update the package: npm install acme@latest' }),
  );
});

test('a version of the contract that is nested too deep to be shown is API_VERSION_UNSUPPORTED', () => {
  const text = `{"apiVersion":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  expect(() => parseManifest(text, 'acme')).toThrow(
    expect.objectContaining({
      code: 'API_VERSION_UNSUPPORTED',
      message: 'acme speaks no version of the integration contract; this is version 1.',
    }),
  );
});

test.each<[string, string]>([
  ['anyOf', '{"anyOf":7}'],
  ['oneOf', '{"oneOf":[null]}'],
  ['allOf', '{"properties":{"a":{"allOf":{}}}}'],
  ['type', '{"type":[7]}'],
  ['properties', '{"properties":[]}'],
  ['a property', '{"properties":{"__proto__":true}}'],
  ['required', '{"required":"a"}'],
  ['items', '{"items":[{}]}'],
  ['additionalProperties', '{"additionalProperties":"yes"}'],
  ['enum', '{"enum":{}}'],
  ['description', '{"description":{"toString":7}}'],
  ['depth', `${'{"items":'.repeat(64)}{}${'}'.repeat(64)}`],
  ['default that is too deep', `{"default":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
])('a flavor with a malformed %s in a schema is MANIFEST_INVALID, not an error of what reads it', (_, schema) => {
  for (const field of ['configSchema', 'settingsSchema']) {
    const text = JSON.stringify({ ...manifest, flavors: [{ ...flavor, [field]: '@' }] }).replace('"@"', schema);
    expect(() => parseManifest(text, 'acme')).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringContaining(`"${field}"`) }),
    );
  }
});
