// The program of a worker: gets its order from the process that started it, and tells what comes of it.
import { once } from 'node:events';
import type { ArtifactStore, JsonValue } from '@stack/core';
import type { WorkerModule } from '../artifact-store/artifact-store-hooks.ts';
import type { WorkerMessage, WorkerOrder } from './store-worker.ts';
import { workerTasks } from './worker-tasks.ts';

type CreateStore = (root: string, input: JsonValue) => Promise<ArtifactStore>;

const [{ module, order }] = (await once(process, 'message')) as [
  { readonly module: WorkerModule; readonly order: WorkerOrder },
];
const tell = (message: WorkerMessage) => void process.send?.(message);
// The process that started this one is gone.
process.on('disconnect', () => process.exit());
try {
  const exports = (await import(module.module)) as Readonly<Record<string, CreateStore>>;
  const create = exports[module.export];
  if (create === undefined) throw new Error(`${module.module} has no export "${module.export}"`);
  const { task, argument = null } = order;
  await workerTasks[task]({
    createStore: () => create(order.root, module.input ?? null),
    argument,
    tell: (told) => tell({ told }),
    proceed: async () => void (await once(process, 'message')),
  });
  tell({ ended: true });
} catch (error) {
  tell({ failed: error instanceof Error ? String(error.stack) : String(error) });
}
process.disconnect();
