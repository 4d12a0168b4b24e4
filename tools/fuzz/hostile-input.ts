import * as fc from 'fast-check';

/** Names that mean something to JavaScript, to a schema or to a path, and others. */
export const name: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('region', 'retries', 'tags', 'login', 'extra', 'secretKey', 'a', 'b') },
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'then', 'toJSON', 'polluted'),
  fc.constantFrom('', ' ', '.', '*', 'a.b', '-', '--', '-a', 'a-b', '0', '-1', '=', 'length', '$ref'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  name,
  fc.constantFrom<unknown>(null, true, false, 0, -0, 1e308, -1, 0.1, 2 ** 53),
  fc.constantFrom('{{a.b}}', '{{a', '{{}}', '{{__proto__.constructor}}', 'eu', '7', 'true', 'null', '[', '{"a":'),
);

/** A JSON value, with the keys that a careless copy takes for something else as keys like any other. */
const shallow: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'medium' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map(Object.fromEntries),
  ),
})).value;

/** Lists or objects in one another: deeper than what recurses without a bound can go. Made once, as they are large. */
const deep: fc.Arbitrary<unknown> = fc.constantFrom(
  ...[60, 64, 65, 200, 10_000].flatMap((depth) =>
    [undefined, 'extra', '__proto__'].map((key) => nestValue(depth, key)),
  ),
);

function nestValue(depth: number, key: string | undefined): unknown {
  let value: unknown = '{{a.b}}';
  for (let level = 0; level < depth; level++) value = key === undefined ? [value] : Object.fromEntries([[key, value]]);
  // What code may give has no symbols as keys.
  if (depth < 1_000) return value;
  // Else fast-check runs out of stack when it shows the value.
  return Object.defineProperty(value, fc.toStringMethod, { value: () => `${depth} levels of ${key}` });
}

const json: fc.Arbitrary<unknown> = fc.oneof({ weight: 60, arbitrary: shallow }, deep);

class Endless {
  readonly self = this;
}

/** What only code can give: no JSON, or without an end. */
const notJson: fc.Arbitrary<unknown> = fc
  .constantFrom(
    () => {
      const endless: Record<string, unknown> = {};
      endless.self = { list: [endless] };
      return endless;
    },
    () => new Endless(),
    () => new Date(Number.NaN),
    () => new Map([['a', 1]]),
    () => 1n,
    () => Symbol('a'),
    () => Number.NaN,
    () => undefined,
    () => Object.create(null),
    () => new Array(3),
  )
  .map((make) => make());

/** Whatever code may give, such as a module with a stack in it. */
export const valueInCode: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: json },
  notJson,
  fc.tuple(name, notJson).map((entry) => Object.fromEntries([entry])),
);

/** An object, with a deep value in some of them. */
export const fields: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc
  .array(fc.tuple(name, json), { maxLength: 6 })
  .map(Object.fromEntries);

/** Text that is JSON, nearly JSON, or something else. */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  { weight: 30, arbitrary: shallow.map((value) => JSON.stringify(value)) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        shallow.map((value) => JSON.stringify(value)),
        fc.nat(),
      )
      .map(cut),
  },
  { weight: 15, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  fc.tuple(fc.constantFrom('[', '{"a":', ' [[', '{"__proto__":'), fc.constantFrom(63, 64, 65, 5_000, 50_000)).map(nest),
);

function cut([text, at]: readonly [string, number]): string {
  return text.slice(0, at % (text.length + 1));
}

function nest([opening, depth]: readonly [string, number]): string {
  const close = (text: string) => text.replaceAll(/[^[{]/g, '').replaceAll('[', ']').replaceAll('{', '}');
  const openings = opening.repeat(depth);
  return `${openings}1${close(opening).repeat(depth)}`;
}

const keyword = fc.constantFrom(
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'anyOf',
  'oneOf',
  'allOf',
  'enum',
  'const',
  'default',
  'description',
  'secret',
  'perRun',
);

/** A schema as zod writes them. */
const soundSchema: fc.Arbitrary<unknown> = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record(
      {
        type: fc.constantFrom('string', 'integer', 'number', 'boolean', 'null', 'array', 'object'),
        description: name,
        default: shallow,
        secret: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    fc.record({ enum: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({
      type: fc.constant('object'),
      properties: fc.array(fc.tuple(name, tie('schema')), { maxLength: 4 }).map(Object.fromEntries),
      required: fc.array(name, { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
    }),
  ),
})).schema;

/** A schema with something else in the place of a part. */
const brokenSchema: fc.Arbitrary<unknown> = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    json,
    fc.array(fc.tuple(keyword, fc.oneof(tie('schema'), soundSchema)), { maxLength: 4 }).map(Object.fromEntries),
  ),
})).schema;

const schema: fc.Arbitrary<unknown> = fc.oneof({ weight: 2, arbitrary: soundSchema }, brokenSchema);

/** `value`, or in its place something else. */
function mostly(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary: value }, json);
}

const flavor = fc.record(
  {
    type: mostly(fc.constantFrom('artifact-store', 'orchestrator', 'index', '__proto__')),
    name: mostly(name),
    displayName: mostly(name),
    docsUrl: mostly(name),
    export: mostly(name),
    configVersion: mostly(fc.integer({ min: 1, max: 3 })),
    configSchema: mostly(schema),
    settingsSchema: mostly(soundSchema),
    secretFields: mostly(fc.array(name, { maxLength: 2 })),
    isLocal: mostly(fc.boolean()),
    capabilities: mostly(fc.array(name, { maxLength: 2 })),
  },
  {
    requiredKeys: [
      'type',
      'name',
      'export',
      'configVersion',
      'configSchema',
      'settingsSchema',
      'secretFields',
      'isLocal',
      'capabilities',
    ],
  },
);

const componentType = fc.record({
  name: mostly(name),
  label: mostly(name),
  description: mostly(name),
  required: mostly(fc.boolean()),
  multiple: mostly(fc.boolean()),
});

const manifest = fc.record({
  apiVersion: mostly(fc.constant(1)),
  package: mostly(name),
  version: mostly(name),
  componentTypes: mostly(fc.array(mostly(componentType), { maxLength: 2 })),
  flavors: mostly(fc.array(mostly(flavor), { minLength: 1, maxLength: 2 })),
});

/** The text of a manifest; now and then of something else. What is too deep for `JSON.stringify` stands for itself. */
export const manifestText: fc.Arbitrary<string> = fc.oneof(
  { weight: 30, arbitrary: mostly(manifest).map(formatJson) },
  jsonText,
);

/** Like `JSON.stringify`, however deep the value is. */
export function formatJson(value: unknown): string {
  // Each entry is a text to write, or a value to take apart.
  const rest: ({ readonly text: string } | { readonly value: unknown })[] = [{ value }];
  const texts: string[] = [];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if ('text' in next) texts.push(next.text);
    else if (typeof next.value !== 'object' || next.value === null) texts.push(JSON.stringify(next.value) ?? 'null');
    else {
      const isList = Array.isArray(next.value);
      texts.push(isList ? '[' : '{');
      rest.push({ text: isList ? ']' : '}' });
      for (const [index, [key, item]] of Object.entries(next.value).reverse().entries()) {
        if (index > 0) rest.push({ text: ',' });
        rest.push({ value: item });
        if (!isList) rest.push({ text: `${JSON.stringify(key)}:` });
      }
    }
  }
  return texts.join('');
}
