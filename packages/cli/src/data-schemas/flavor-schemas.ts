import * as z from 'zod';

const jsonSchema = z.looseObject({}).describe('A JSON Schema, draft 2020-12.');

const originSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('package'), package: z.string(), version: z.string(), folder: z.string() }),
    z.object({ kind: z.literal('registered'), source: z.string() }),
  ])
  .meta({ id: 'FlavorOrigin' });

const missingSchema = z
  .array(z.object({ kind: z.enum(['file', 'package']), name: z.string() }))
  .describe('What a registered flavor is made of and is not on this machine.');

export const optionSchema = z
  .object({
    option: z.string().describe('With its dashes.'),
    type: z.string(),
    description: z.string(),
    isRequired: z.boolean(),
    isSecret: z.boolean(),
    default: z.json().optional(),
  })
  .meta({ id: 'Option' });

export const flavorSchema = z.object({
  type: z.string(),
  name: z.string(),
  manifest: z.object({
    type: z.string(),
    name: z.string(),
    displayName: z.string().optional(),
    docsUrl: z.string().optional(),
    logoUrl: z.string().optional(),
    export: z.string(),
    configVersion: z.int(),
    configSchema: jsonSchema,
    settingsSchema: jsonSchema,
    secretFields: z.array(z.string()),
    isLocal: z.boolean(),
    capabilities: z.array(z.string()),
  }),
  origin: originSchema,
  isStale: z.boolean(),
  missing: missingSchema,
});

export const listedFlavorSchema = z.object({
  type: z.string(),
  name: z.string(),
  displayName: z.string().optional(),
  origin: originSchema,
  isStale: z.boolean(),
  missing: missingSchema,
});
