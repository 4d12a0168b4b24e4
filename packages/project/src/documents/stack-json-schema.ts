import type { ComponentTypeDescription, JsonSchema } from '@stack/core';
import { type FlavorManifest, schemaTypes } from '@stack/core/manifest';

/** What the JSON Schema of a stack's document is made of: all of it is in manifests. */
export interface StackJsonSchemaParts {
  readonly types: readonly ComponentTypeDescription[];
  readonly flavors: readonly {
    readonly type: string;
    readonly name: string;
    readonly manifest: FlavorManifest;
    /** The package that it is from; `undefined` for one of the project itself. */
    readonly package: string | undefined;
  }[];
}

/** The JSON Schema of `stack.yaml` for editors: it knows the config and the settings of every flavor. */
export function stackJsonSchema({ types, flavors }: StackJsonSchemaParts): JsonSchema {
  const components = types.map((type) => {
    const component = componentSchema(
      type,
      flavors.filter((flavor) => flavor.type === type.name),
    );
    const item = { anyOf: [{ type: 'string', description: `Name of an existing ${type.label}.` }, component] };
    const list = { type: 'array', items: item, minItems: 1, ...(type.multiple ? {} : { maxItems: 1 }) };
    return [type.name, { description: type.description, anyOf: [...item.anyOf, list] }] as const;
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A stack',
    type: 'object',
    properties: {
      version: { const: 1, description: 'The version of this form. Default 1.' },
      name: { type: 'string', description: 'The name of the stack.' },
      labels: labelsSchema,
      components: {
        type: 'object',
        description: 'By component type, one or several, the default one first.',
        properties: Object.fromEntries(components),
        required: types.filter(({ required }) => required).map(({ name }) => name),
        additionalProperties: false,
      },
    },
    required: ['name', 'components'],
    additionalProperties: false,
  };
}

const labelsSchema: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };

function componentSchema({ label }: ComponentTypeDescription, flavors: StackJsonSchemaParts['flavors']): JsonSchema {
  const names = [...new Set(flavors.map(({ name }) => name))];
  const packages = [...new Set(flavors.flatMap((flavor) => flavor.package ?? []))];
  return {
    type: 'object',
    properties: {
      type: { type: 'string' },
      name: { type: 'string', description: `The name of the ${label}.` },
      flavor: {
        ...(names.length === 0 ? { type: 'string' } : { anyOf: [{ enum: names }, { type: 'string' }] }),
        description: 'Its flavor.',
      },
      package: {
        ...(packages.length === 0 ? { type: 'string' } : { anyOf: [{ enum: packages }, { type: 'string' }] }),
        description: 'The integration that the flavor is from.',
      },
      source: { type: 'string', description: 'FILE#EXPORT of a flavor of the project itself.' },
      configVersion: { type: 'integer', minimum: 1, description: 'The version that the config was written for.' },
      config: { type: 'object' },
      settings: { type: 'object' },
      labels: labelsSchema,
    },
    required: ['name', 'flavor'],
    additionalProperties: false,
    ...(flavors.length === 0 ? {} : { allOf: flavors.map((flavor) => flavorSchema(flavor, flavors)) }),
  };
}

/** What holds for the components of one flavor; where two packages have one of a name, `package` tells them apart. */
function flavorSchema(
  { name, manifest, package: packageName }: StackJsonSchemaParts['flavors'][number],
  all: StackJsonSchemaParts['flavors'],
): JsonSchema {
  const isOnlyOne = all.filter((flavor) => flavor.name === name).length === 1;
  const which = isOnlyOne ? {} : { package: { const: packageName } };
  const { configSchema, settingsSchema, configVersion } = manifest;
  const isRequired = (schema: JsonSchema) => (schema.required ?? []).length > 0;
  const required = [
    ...(isRequired(configSchema) ? ['config'] : []),
    ...(isRequired(settingsSchema) ? ['settings'] : []),
  ];
  return {
    // A config of an older version has other fields.
    if: {
      properties: { flavor: { const: name }, ...which, configVersion: { const: configVersion } },
      required: ['flavor', ...Object.keys(which)],
    },
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
    then: {
      properties: { config: withReferences(configSchema), settings: withReferences(settingsSchema) },
      required,
    },
  };
}

/** Where a text is wanted a reference to a secret may stand, whatever the pattern or length of the text. */
function withReferences(schema: JsonSchema): JsonSchema {
  const map = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(map);
    return typeof value === 'object' && value !== null ? withReferences(value as JsonSchema) : value;
  };
  const { description, default: defaultValue, ...rest } = schema;
  const entries = Object.entries(rest).map(([key, value]) => [key, structuralKeywords.has(key) ? map(value) : value]);
  const properties =
    schema.properties === undefined ? {} : { properties: mapValues(schema.properties, withReferences) };
  const mapped: JsonSchema = { ...Object.fromEntries(entries), ...properties };
  const annotations = {
    ...(description === undefined ? {} : { description }),
    ...(defaultValue === undefined ? {} : { default: defaultValue }),
  };
  const isRestricted = Object.keys(rest).some((key) => textRestrictions.has(key)) && schemaTypes(rest).has('string');
  if (!isRestricted) return { ...annotations, ...mapped };
  return { ...annotations, anyOf: [mapped, { type: 'string', pattern: '^\\{\\{.+\\}\\}$' }] };
}

const structuralKeywords: ReadonlySet<string> = new Set([
  'items',
  'prefixItems',
  'additionalProperties',
  'anyOf',
  'oneOf',
  'allOf',
]);

const textRestrictions: ReadonlySet<string> = new Set(['pattern', 'format', 'minLength', 'maxLength', 'enum', 'const']);

function mapValues<Value, Result>(
  object: Readonly<Record<string, Value>>,
  map: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
