import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { localArtifactStoreFlavor, localOrchestratorFlavor } from '../../../../integrations/local/src/index.ts';
import type { createComponent, createStack } from '../../../../packages/core/src/index.ts';
import type { initProject } from '../../../../packages/project/src/index.ts';
import type { openStore } from '../../../../packages/store/src/index.ts';
import type { BenchedEngine, EnginePlace } from '../benched-engine.ts';
import { importBuilt } from '../import-built.ts';
import { type PipelineModule, pipelineFile, writeProject } from '../project.ts';

/** Our engine, in a project as `stack init` makes it. */
export async function openOurs(
  { folder }: EnginePlace,
  synchronous: 'normal' | 'full',
  durability: 'rename' | 'fsync',
): Promise<BenchedEngine> {
  const core = await importBuilt<{ createComponent: typeof createComponent; createStack: typeof createStack }>(
    'packages/core',
  );
  const local = await importBuilt<{
    localArtifactStoreFlavor: typeof localArtifactStoreFlavor;
    localOrchestratorFlavor: typeof localOrchestratorFlavor;
  }>('integrations/local');
  const { openStore: open } = await importBuilt<{ openStore: typeof openStore }>('packages/store');
  const { initProject: init } = await importBuilt<{ initProject: typeof initProject }>('packages/project');
  await writeProject(folder);
  const { project } = await init(folder);
  await project[Symbol.asyncDispose]();
  const resources = new AsyncDisposableStack();
  const store = resources.use(await open({ file: join(folder, '.stack/stack.db'), synchronous }));
  const orchestrator = await core.createComponent(local.localOrchestratorFlavor, { name: 'default', config: {} });
  const artifactStore = await core.createComponent(local.localArtifactStoreFlavor, {
    name: 'default',
    config: { path: join(folder, '.stack/artifacts'), durability },
  });
  const stack = resources.use(await core.createStack({ name: 'bench', orchestrator, artifactStore }));
  const { make, cached } = (await import(pathToFileURL(join(folder, pipelineFile)).href)) as PipelineModule;
  return {
    by: `in this process, SQLite with synchronous=${synchronous.toUpperCase()}, the local artifact store with durability \`${durability}\``,
    prepare: async (shape, steps) => async (seed) => {
      const run = await make[shape](steps, seed).run({}, { stack, runStore: store.runs, onEvent: () => {} });
      return Number(await run.result());
    },
    runCached: async () => {
      await cached.run({}, { stack, runStore: store.runs, onEvent: () => {} });
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
