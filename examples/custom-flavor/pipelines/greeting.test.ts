import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createComponent, createStack } from '@stack/core';
import { localOrchestratorFlavor } from '@stack/integration-local';
import { expect, it } from 'vitest';
import { myArtifactStoreFlavor } from '../flavors/my-flavor.ts';
import { greeting } from './greeting.ts';

it('runs on a stack with the flavor, in code and without a project', async () => {
  await using disposables = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'stack-custom-flavor-'));
  disposables.defer(() => rm(folder, { recursive: true }));
  const stack = disposables.use(
    await createStack({
      name: 'in-code',
      orchestrator: createComponent(localOrchestratorFlavor, { name: 'here', config: {} }),
      artifactStore: createComponent(myArtifactStoreFlavor, { name: 'mine', config: { path: `lmdb://${folder}` } }),
    }),
  );
  const run = await greeting.run({ name: 'penguins' }, { stack });
  expect(await run.output('greet')).toBe('Hello penguins!\n');
  expect(await run.result()).toBe('HELLO PENGUINS!\n');
});
