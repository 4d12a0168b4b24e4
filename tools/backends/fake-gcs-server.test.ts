import { describe, expect, test } from 'vitest';
import { whyUnavailable } from './backend.ts';
import { fakeGcsServer } from './fake-gcs-server.ts';

const obstacle = await whyUnavailable(fakeGcsServer);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`fake-gcs-server${reason}`, () => {
  test('keeps an object, refuses a write whose precondition fails, and is gone afterwards', async () => {
    await using server = await fakeGcsServer.start();
    const { bucket, endpoint } = server;
    const name = encodeURIComponent('a b/ü.txt');

    const upload = `${endpoint}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${name}&ifGenerationMatch=0`;
    expect((await fetch(upload, { method: 'POST', body: 'kept' })).status).toBe(200);
    expect((await fetch(upload, { method: 'POST', body: 'refused' })).status).toBe(412);
    expect(await (await fetch(`${endpoint}/storage/v1/b/${bucket}/o/${name}?alt=media`)).text()).toBe('kept');

    await server[Symbol.asyncDispose]();
    await expect(fetch(endpoint)).rejects.toThrow();
  }, 60_000);
});
