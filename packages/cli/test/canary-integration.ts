import { writeFiles } from './run-stack.ts';

/** Where the canary is installed, below node_modules; the name of its package too. */
export const canaryFolder = 'stack-integration-canary';

/** The source of a flavor that writes into a file when its module, or its implementation, is evaluated. */
export function canaryFlavor(name: string, evaluated: string): string {
  return `
import { appendFileSync } from 'node:fs';
import { artifactStoreConfig, defineFlavor, secretField } from '@stack/core';
import * as z from 'zod';
appendFileSync(${JSON.stringify(evaluated)}, 'module\\n');
export const ${name}Flavor = defineFlavor({
  type: 'artifact-store',
  name: '${name}',
  configSchema: artifactStoreConfig({ schemes: ['canary://'] }).extend({
    key: secretField().optional(),
    depth: z.int().default(1),
  }),
  implementation: () => {
    appendFileSync(${JSON.stringify(evaluated)}, 'implementation\\n');
    throw new Error('evaluated');
  },
});
`;
}

/** Installs an integration as a build makes it: a manifest, and modules that tell when they are evaluated. */
export function installCanary(root: string, evaluated: string): void {
  const folder = `node_modules/${canaryFolder}`;
  writeFiles(root, {
    [`${folder}/package.json`]: JSON.stringify({
      name: canaryFolder,
      version: '1.0.0',
      type: 'module',
      exports: { '.': './index.js' },
      stack: { apiVersion: 1, manifest: './stack-manifest.json' },
    }),
    [`${folder}/index.js`]: canaryFlavor('canary', evaluated),
    [`${folder}/stack-manifest.json`]: JSON.stringify({
      apiVersion: 1,
      package: canaryFolder,
      version: '1.0.0',
      componentTypes: [],
      flavors: [
        {
          type: 'artifact-store',
          name: 'canary',
          export: 'canaryFlavor',
          configVersion: 1,
          configSchema: {
            type: 'object',
            properties: {
              path: { type: 'string' },
              key: { type: 'string', secret: true },
              depth: { type: 'integer', default: 1 },
            },
            required: ['path'],
          },
          settingsSchema: { type: 'object', properties: {} },
          secretFields: ['key'],
          isLocal: false,
          capabilities: [],
        },
      ],
    }),
  });
}
