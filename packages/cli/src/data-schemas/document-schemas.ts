import * as z from 'zod';
import { problemSchema } from './error-schema.ts';
import { jsonObjectSchema, textsSchema } from './record-schemas.ts';

const componentSchema = z
  .object({
    name: z.string(),
    flavor: z.string(),
    package: z.string().optional().describe('The integration that the flavor is from.'),
    source: z.string().optional().describe('FILE#EXPORT of a flavor of the project itself.'),
    configVersion: z.int().optional(),
    config: jsonObjectSchema.optional().describe('Secrets are references.'),
    settings: jsonObjectSchema.optional(),
    labels: textsSchema.optional(),
  })
  .meta({ id: 'StackDocumentComponent' });

const documentSchema = z
  .object({
    version: z.literal(1),
    name: z.string(),
    labels: textsSchema.optional(),
    components: z
      .record(z.string(), z.array(z.union([z.string(), componentSchema])))
      .describe('By component type, the default one first; a text is the name of a component that exists.'),
  })
  .meta({ id: 'StackDocument' });

export const exportedStackSchema = z.object({
  document: documentSchema,
  text: z.string().describe('The text of the file.'),
  file: z.string().optional().describe('The file that was written.'),
});

export const importedStackSchema = z.object({
  name: z.string(),
  action: z.enum(['create', 'reuse']),
  components: z.array(
    z.object({
      type: z.string(),
      name: z.string(),
      action: z.enum(['create', 'reuse']),
      renamedFrom: z.string().optional().describe('Its name in the file, where that is another.'),
    }),
  ),
  flavors: z
    .array(z.object({ type: z.string(), name: z.string(), source: z.string() }))
    .describe('Those that were registered with it.'),
  unmapped: z.array(problemSchema).describe('What of a ZenML export has no counterpart here, by component and field.'),
  isDryRun: z.boolean(),
});

const cause = z
  .enum(['document', 'drift', 'both'])
  .describe('Whether the file says something new, or it was changed by other means since the file was applied.');

const changeSchema = z
  .object({
    action: z.enum(['create', 'update', 'replace', 'delete']),
    kind: z.enum(['flavor', 'component', 'stack']),
    type: z.string().optional().describe('The component type.'),
    name: z.string(),
    cause,
    fields: z.array(
      z.object({
        path: z.string(),
        before: z.json().optional().describe('Absent where there was nothing.'),
        after: z.json().optional().describe('Absent where there is nothing any more.'),
        cause,
      }),
    ),
  })
  .meta({ id: 'PlannedChange' });

export const stackPlanSchema = z.object({
  file: z.string(),
  stack: z.string(),
  isEmpty: z.boolean(),
  changes: z.array(changeSchema).describe('In the order in which they are made.'),
  kept: z
    .array(z.object({ type: z.string(), name: z.string(), stacks: z.array(z.string()) }))
    .describe('Components that the file no longer has, and that other stacks have.'),
});
