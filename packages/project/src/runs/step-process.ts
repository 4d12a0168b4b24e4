// The program that runs one attempt of a step for the process that holds the run: `StepTask` of @stack/core says how
// the two speak. The thread starts first: what this process imports takes longer than the thread does.
import { enableCompileCache } from 'node:module';
import { Worker } from 'node:worker_threads';
import { removeStepFolder } from './step-folder.ts';

// As the command does: it saves a tenth of what starting takes.
enableCompileCache();

// However it ends by itself: whoever started it may be gone.
process.on('exit', removeStepFolder);

const thread = new Worker(new URL(import.meta.url.replace(/step-process(\.[jt]s)$/, 'lifeline-thread$1')), {
  execArgv: [],
  name: 'stack-lifeline',
});
const order = new Promise<string>((resolve) => {
  thread.on('message', (text: string | undefined) => {
    // As when the step runs in that process: nothing of it goes on.
    if (text === undefined) process.exit(1);
    thread.unref();
    resolve(text);
  });
});
const { performOrder } = await import('./perform-order.ts');
process.exit(await performOrder(await order));
