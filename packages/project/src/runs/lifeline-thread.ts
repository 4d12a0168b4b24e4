// The thread of a step's process that reads the order from its standard input, and ends the process when that is closed:
// then whoever started it is gone. A step may keep the rest of the process busy for hours.
import { Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { removeStepFolder } from './step-folder.ts';

/** From the message that the process may handle to the signal that it cannot, in milliseconds. */
const grace = 1_000;

let order: string | undefined = '';
new Socket({ fd: 0, readable: true, writable: false })
  .setEncoding('utf8')
  .on('data', (text: string) => {
    if (order === undefined) return;
    order += text;
    const end = order.indexOf('\n');
    if (end < 0) return;
    parentPort?.postMessage(order.slice(0, end));
    order = undefined;
  })
  .on('close', () => {
    parentPort?.postMessage(undefined);
    setTimeout(() => {
      removeStepFolder();
      process.kill(process.pid, 'SIGKILL');
    }, grace);
  });
