import { writeFiles } from './run-stack.ts';

const configSchema = {
  type: 'object',
  properties: { token: { type: 'string', secret: true }, channel: { type: 'string' } },
  additionalProperties: false,
};

const manifest = {
  apiVersion: 1,
  package: '@acme/notifiers',
  version: '1.0.0',
  componentTypes: [
    { name: 'notifier', label: 'notifier', description: 'Tells people.', required: false, multiple: true },
  ],
  flavors: ['mail', 'pigeon', 'stuck'].map((name) => ({
    type: 'notifier',
    name,
    export: `${name}Flavor`,
    configVersion: 1,
    configSchema,
    settingsSchema: { type: 'object', properties: {}, additionalProperties: false },
    secretFields: ['token'],
    isLocal: true,
    capabilities: [],
  })),
};

const code = `
import { defineFlavor, secretField, StackComponent } from '@stack/core';
import * as z from 'zod';
const notifier = (name, probe) => defineFlavor({
  type: 'notifier',
  name,
  isLocal: true,
  configSchema: z.object({ token: secretField().optional(), channel: z.string().optional() }),
  implementation: async () => ({ default: class extends StackComponent { async probe() { return probe(); } } }),
});
export const mailFlavor = notifier('mail', () => ({ healthy: true, message: 'the post office is open' }));
export const pigeonFlavor = notifier('pigeon', () => ({ healthy: false, message: 'it flew away' }));
export const stuckFlavor = notifier('stuck', () => new Promise(() => {}));
`;

/** Makes a folder depend on a package, `@acme/notifiers`, with flavors of a component type of its own. */
export function installNotifiers(folder: string): void {
  writeFiles(folder, {
    'package.json': '{ "type": "module", "dependencies": { "@acme/notifiers": "1.0.0" } }',
    'node_modules/@acme/notifiers/package.json': JSON.stringify({
      name: '@acme/notifiers',
      version: '1.0.0',
      type: 'module',
      exports: './index.js',
      stack: { apiVersion: 1, manifest: './stack-manifest.json' },
    }),
    'node_modules/@acme/notifiers/stack-manifest.json': JSON.stringify(manifest),
    'node_modules/@acme/notifiers/index.js': code,
  });
}
