/**
 * Starts a backend for a developer, prints as JSON how to reach it, and ends it on Ctrl-C or SIGTERM:
 * `node tools/backends/start.ts NAME`. With `STACK_REQUIRE_BACKENDS=1` it is installed first where it is missing.
 */
import { once } from 'node:events';
import { whyUnavailable } from './backend.ts';
import { backends, isBackendName } from './backends.ts';

const [name = ''] = process.argv.slice(2);
if (!isBackendName(name)) {
  console.error(`usage: node tools/backends/start.ts ${Object.keys(backends).join('|')}`);
  process.exit(2);
}
const obstacle = await whyUnavailable(backends[name]);
if (obstacle !== undefined) {
  console.error(`${backends[name].name} cannot be started: ${obstacle}`);
  process.exit(1);
}
const ended = Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
const server = await backends[name].start();
console.log(JSON.stringify(server, undefined, 2));
const keepAlive = setInterval(() => {}, 60_000);
await ended;
clearInterval(keepAlive);
await server[Symbol.asyncDispose]();
