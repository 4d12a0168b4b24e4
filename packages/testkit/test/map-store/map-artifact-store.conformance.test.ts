import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactStoreConfig, createComponent, defineFlavor } from '@stack/core';
import { artifactStoreGaps, testArtifactStore } from '@stack/testkit';
import { describe, expect, it } from 'vitest';

const mapArtifactStoreFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'map',
  configSchema: artifactStoreConfig({ schemes: ['map://'] }),
  implementation: () => import('./map-artifact-store.ts'),
});
let stores = 0;

testArtifactStore(
  {
    name: 'the artifact store of the README',
    create: () => createComponent(mapArtifactStoreFlavor, { name: 'map', config: { path: `map://${stores++}` } }),
    unsupported: artifactStoreGaps({ signedUrl: 'a map has no address' }),
  },
  { describe, it },
);

it('the README of core shows the artifact store that is tested here', async () => {
  const readme = await readFile(join(import.meta.dirname, '../../../core/README.md'), 'utf8');
  const source = await readFile(join(import.meta.dirname, 'map-artifact-store.ts'), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${source}\`\`\``);
});
