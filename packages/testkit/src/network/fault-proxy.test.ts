import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';

const content = Buffer.alloc(1_000_000, 'x');
const received: Buffer[] = [];
/** Milliseconds that any of this takes at most on a machine that has much else to do. */
const patience = 20_000;
let isCut = Promise.withResolvers<void>();
let goOn = () => {};
const server = createServer((message, response) => {
  if (message.url === '/base/late') {
    response.write('begins');
    goOn = () => response.end(content);
  } else if (message.method === 'GET') response.end(content);
  else {
    message.on('data', (piece: Buffer) => received.push(piece));
    message.on('end', () => response.end('taken'));
    message.on('error', () => isCut.resolve());
  }
});
let proxy: FaultProxy;

beforeEach(async () => {
  received.length = 0;
  isCut = Promise.withResolvers();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await FaultProxy.start(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base`));
});

afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

/** What came of a response, and the code of the error that it ended with. */
async function get(): Promise<{ readonly length: number; readonly error?: string }> {
  let length = 0;
  try {
    const sent = request(proxy.endpoint, { agent: false }).end();
    const [response] = await once(sent, 'response');
    // It tells of a reset as well as the response does.
    sent.on('error', () => {});
    for await (const piece of response) length += piece.length;
    return { length };
  } catch (error) {
    return { length, error: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

it('hands on what comes, and keeps the path of the endpoint', async () => {
  expect(proxy.endpoint.pathname).toBe('/base');
  expect(await get()).toEqual({ length: content.length });
  expect(proxy.strikes).toBe(0);
});

it('cuts a response after so many bytes, as often as asked', async () => {
  await proxy.begin({ kind: 'cut', direction: 'response', afterBytes: 300_000, times: 2 });
  for (let count = 0; count < 2; count++) {
    const { length, error } = await get();
    expect(error).toBe('ECONNRESET');
    expect(length).toBeGreaterThan(299_000);
    expect(length).toBeLessThan(300_000);
  }
  expect(await get()).toEqual({ length: content.length });
  expect(proxy.strikes).toBe(2);
});

it('cuts a request after so many bytes', async () => {
  await proxy.begin({ kind: 'cut', direction: 'request', afterBytes: 200_000 });
  const sent = request(proxy.endpoint, { agent: false, method: 'PUT' });
  sent.end(content);
  await expect(once(sent, 'response')).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  await isCut.promise;
  const length = Buffer.concat(received).length;
  expect(length).toBeGreaterThan(190_000);
  expect(length).toBeLessThan(200_000);
});

it('refuses connections until the fault ends', async () => {
  await proxy.begin({ kind: 'refuse' });
  expect(await get()).toEqual({ length: 0, error: 'ECONNREFUSED' });
  await proxy.end();
  expect(await get()).toEqual({ length: content.length });
});

it('holds what comes until the fault ends', async () => {
  await proxy.begin({ kind: 'hold' });
  const response = get();
  await vi.waitFor(() => expect(proxy.strikes).toBe(1), patience);
  expect(await Promise.race([response, delay(100, 'held')])).toBe('held');
  await proxy.end();
  expect(await response).toEqual({ length: content.length });
});

it('holds connections that were there before', async () => {
  const [response] = await once(request(`${proxy.endpoint}/late`, { agent: false }).end(), 'response');
  await proxy.begin({ kind: 'hold' });
  const all = buffer(response);
  goOn();
  expect(await Promise.race([all, delay(100, 'held')])).toBe('held');
  await proxy.end();
  expect((await all).length).toBe('begins'.length + content.length);
});

it('delays', async () => {
  await proxy.begin({ kind: 'delay', milliseconds: 60 });
  const started = performance.now();
  await get();
  expect(performance.now() - started).toBeGreaterThan(120);
});

it('throttles', async () => {
  await proxy.begin({ kind: 'throttle', bytesPerSecond: 5_000_000 });
  const started = performance.now();
  expect(await get()).toEqual({ length: content.length });
  expect(performance.now() - started).toBeGreaterThan(180);
});
