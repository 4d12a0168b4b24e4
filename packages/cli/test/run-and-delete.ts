// node run-and-delete.ts FOLDER RUNS: runs a pipeline in a project so often, reads what it stored, and deletes the run.
// Tells by messages how many steps were run again, and how many objects were not as they were written.
import { join } from 'node:path';
import { deleteRun, pipeline, step, verifyArtifacts } from '@stack/pipelines';
import { openProject } from '@stack/project';

const list = step({ name: 'list', version: '1' }, () => Array.from({ length: 20 }, (_, index) => index));
const number = step({ name: 'number', version: '1' }, ({ item }: { item: number }) => ({ value: item % 7 }));
const numbers = pipeline({ name: 'numbers' }, () => number.map(list(), (item) => ({ item })));

const [from = '', runs = ''] = process.argv.slice(2);
await using project = await openProject({ from, integrationsFrom: [join(import.meta.dirname, '..')] });
await using stack = await project.stacks.open();
const openStore = async () => stack.artifactStore;
const runStore = project.runs;
for (let index = 0; index < Number(runs); index++) {
  const { id, steps } = await numbers.run({}, { stack, runStore, cache: index % 3 === 0, onEvent: () => {} });
  const artifacts = await runStore.listArtifacts({ runId: id, limit: steps.length });
  const { damaged } = await verifyArtifacts(artifacts, { openStore });
  process.send?.({ artifacts: artifacts.length, damaged: damaged.length });
  await deleteRun(runStore, id, { openStore });
}
