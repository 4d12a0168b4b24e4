import {
  type ConfigSchema,
  configError,
  configJsonSchema,
  isPlainObject,
  type JsonObject,
  type Problem,
  parseConfig,
} from '@stack/core';
import * as z from 'zod';

const jsonObject = z.record(z.string(), z.json());
const labels = z.record(z.string(), z.string());

const componentSchema = z.strictObject({
  type: z.string().describe('Component type, e.g. artifact-store'),
  name: z.string(),
  flavor: z.string().describe('Name of the flavor, e.g. s3'),
  config: jsonObject.optional().describe('Config of the component; secrets as references, {{name.key}}'),
  settings: jsonObject.optional().describe('Settings that hold unless a run overrides them'),
  labels: labels.optional(),
});

const stackSchema = z.strictObject({
  name: z.string(),
  components: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .describe('By component type, the name of its component, or several, the default one first'),
  labels: labels.optional(),
});

const documentSchema = z.object({
  version: z.literal(1),
  flavors: z
    .array(
      z.strictObject({
        type: z.string(),
        source: z.string().describe('FILE#EXPORT from the root of the project, or PACKAGE#EXPORT'),
      }),
    )
    .optional()
    .describe('Flavors of the project itself; those of installed integrations need no entry'),
  components: z.array(componentSchema).optional(),
  stacks: z.array(stackSchema).optional(),
});

/** A component, as a document writes it. */
export interface DocumentComponent {
  readonly type: string;
  readonly name: string;
  readonly flavor: string;
  readonly config: JsonObject;
  readonly settings: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
}

/** A stack, as a document writes it. */
export interface DocumentStack {
  readonly name: string;
  /** By type, the names of its components, the default one first. */
  readonly components: Readonly<Record<string, readonly string[]>>;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Flavors, components and stacks as text: what `stack.yaml`, `stack.config.ts` and an export hold. Everything that may
 * be left out is filled in here, so that equal documents are deeply equal.
 */
export interface StackDocument {
  readonly version: 1;
  readonly flavors: readonly { readonly type: string; readonly source: string }[];
  readonly components: readonly DocumentComponent[];
  readonly stacks: readonly DocumentStack[];
}

/** What may be written where a `StackDocument` is wanted. */
export type StackDocumentInput = z.input<typeof documentSchema>;

/** The JSON Schema of a document, for editors. */
export function stackDocumentJsonSchema(): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...(configJsonSchema(documentSchema as ConfigSchema) as JsonObject),
  };
}

/**
 * Reads the value of a document.
 *
 * @param subject the file, for the message
 * @throws CONFIG_INVALID with every problem: a field that is not known, two components of one type and name, ...
 */
export function parseStackDocument(value: unknown, subject: string): StackDocument {
  const input: unknown = isPlainObject(value) && isPlainObject(value.default) ? value.default : value;
  const parsed = parseConfig(documentSchema, input, subject);
  const document: StackDocument = {
    version: 1,
    flavors: parsed.flavors ?? [],
    components: (parsed.components ?? []).map((component) => ({
      ...component,
      config: component.config ?? {},
      settings: component.settings ?? {},
      labels: component.labels ?? {},
    })),
    stacks: (parsed.stacks ?? []).map((stack) => ({
      name: stack.name,
      components: Object.fromEntries(
        Object.entries(stack.components).map(([type, names]) => [type, typeof names === 'string' ? [names] : names]),
      ),
      labels: stack.labels ?? {},
    })),
  };
  const problems = duplicates(document);
  if (problems.length > 0) throw configError(subject, problems);
  return document;
}

function duplicates({ components, stacks }: StackDocument): Problem[] {
  const keys = [
    ...components.map(({ type, name }) => `components: ${type} "${name}"`),
    ...stacks.map(({ name }) => `stacks: "${name}"`),
  ];
  const repeated = new Set(keys.filter((key, index) => keys.indexOf(key) !== index));
  return [...repeated].map((key) => ({ path: key, message: 'is there twice' }));
}
