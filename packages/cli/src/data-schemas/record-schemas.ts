// What the store keeps, as it is in JSON.
import * as z from 'zod';

export const timeSchema = z.iso.datetime();
export const textsSchema = z.record(z.string(), z.string());
export const jsonObjectSchema = z.record(z.string(), z.json());

export const componentSchema = z
  .object({
    id: z.uuid(),
    type: z.string(),
    name: z.string(),
    flavor: z.string(),
    flavorPackage: z.string().optional().describe('The package that its flavor comes from.'),
    configVersion: z.int(),
    config: jsonObjectSchema.describe('As it was given: defaults are not filled in, secrets are references.'),
    settings: jsonObjectSchema,
    labels: textsSchema,
    isProtected: z.boolean(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Component' });

export const stackSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    components: z.array(componentSchema).describe('The first of a type is its default.'),
    labels: textsSchema,
    isProtected: z.boolean(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Stack' });
