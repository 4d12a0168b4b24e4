/**
 * The process that is killed: runs a pipeline of 20 steps under a name, or goes on with the run of that name.
 *
 * node killed-run.ts LEASE_DURATION [wait], with the variables that the pipeline reads
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { localArtifactStoreFlavor, localOrchestratorFlavor } from '../../integrations/local/src/index.ts';
import { createComponent, createStack, StackError } from '../../packages/core/src/index.ts';
import type { RunEvent } from '../../packages/pipelines/src/index.ts';
import { stepProgram } from '../../packages/project/src/runs/step-program.ts';
import { openStore } from '../../packages/store/src/index.ts';
import { killed } from './killed-pipeline.ts';

const [leaseDuration = '', wait] = process.argv.slice(2);
const { KILLED_FOLDER: folder = '', KILLED_RUN: name = '' } = process.env;

await using store = await openStore({
  file: join(folder, '.stack', 'stack.db'),
  leaseDuration: Number(leaseDuration),
});
const orchestrator = await createComponent(localOrchestratorFlavor, {
  name: 'local',
  config: {},
  settings: { concurrency: 3 },
});
const artifactStore = await createComponent(localArtifactStoreFlavor, {
  name: 'local',
  config: { path: join(folder, '.stack', 'artifacts') },
});
await using stack = await createStack({ name: 'default', orchestrator, artifactStore });

// Stopped by itself, between two turns of its loop: a process that is stopped within a write keeps the database locked.
process.on('SIGUSR2', () => process.kill(process.pid, 'SIGSTOP'));
console.log('ready');
try {
  const onEvent = ({ type }: RunEvent): void => {
    if (type === 'run-started' || type === 'run-resumed') console.log('running');
  };
  const runStore = { ...store.runs, stepProgram: stepProgram({ root: folder, integrationsFrom: [] }) };
  const source = { module: pathToFileURL(join(import.meta.dirname, 'killed-pipeline.ts')).href, export: 'killed' };
  const options = { stack, runStore, onEvent };
  const run = await (wait === undefined
    ? killed.run({}, { ...options, name, source })
    : killed.resume(name, { ...options, wait: true }));
  console.log(`${run.state} ${await run.result()}`);
} catch (error) {
  if (!StackError.is(error)) throw error;
  console.log(error.code === 'RUN_FAILED' ? error.message : error.code);
}
