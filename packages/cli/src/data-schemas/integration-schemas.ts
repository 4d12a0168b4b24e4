import * as z from 'zod';

export const integrationSchema = z
  .object({
    package: z.string(),
    version: z.string(),
    folder: z.string(),
    flavors: z.array(z.object({ type: z.string(), name: z.string(), displayName: z.string().optional() })),
    componentTypes: z.array(z.string()).describe('Those that it brings itself.'),
  })
  .meta({ id: 'Integration' });

export const installationSchema = z.object({
  folder: z.string().describe('Whose package.json has the new dependencies.'),
  command: z.array(z.string()).describe('The program and its arguments.'),
  isDryRun: z.boolean(),
  integrations: z.array(integrationSchema).describe('What is there now; none after a dry run.'),
});
