import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import type { BackendName } from '../backends/backends.ts';

/**
 * Global setup of every run: test files ask this process for the servers that they share (`sharedServer`). None is started
 * before it is asked for, and each ends with this process, whatever ends that.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = new Map<BackendName, Promise<AsyncDisposable>>();
  const listener = createServer(({ url = '' }, response) => void answer(url.slice(1), response, servers));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  project.provide('sharedServers', `http://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  return async () => {
    listener.close();
    await Promise.all([...servers.values()].map(end));
  };
}

async function answer(
  name: string,
  response: ServerResponse,
  servers: Map<BackendName, Promise<AsyncDisposable>>,
): Promise<void> {
  // Who asks may be busy until long after it, and would ask again by a connection that has been closed meanwhile.
  response.setHeader('connection', 'close');
  // Not before it is asked for: clients of the vendors take half a second to load.
  const { backends, isBackendName } = await import('../backends/backends.ts');
  if (!isBackendName(name)) {
    response.writeHead(404).end(`There is no backend "${name}".`);
    return;
  }
  try {
    const server = servers.get(name) ?? backends[name].start();
    servers.set(name, server);
    response.end(JSON.stringify(await server));
  } catch (error) {
    response.writeHead(500).end(error instanceof Error ? error.message : String(error));
  }
}

async function end(starting: Promise<AsyncDisposable>): Promise<void> {
  // One that did not start has told so to those that asked.
  const server = await starting.catch(() => undefined);
  await server?.[Symbol.asyncDispose]();
}
