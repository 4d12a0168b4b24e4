import { describe, expect, inject, test } from 'vitest';
import { azurite } from './azurite.ts';
import { whyUnavailable } from './backend.ts';
import { sharedServer } from './shared-server.ts';

const obstacle = await whyUnavailable(azurite);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`a shared server${reason}`, () => {
  test('is the same for all that ask, at once and later', async () => {
    const [one, other] = await Promise.all([sharedServer('azurite'), sharedServer('azurite')]);
    expect(one).toEqual(other);
    expect(await sharedServer('azurite')).toEqual(one);
    expect((await fetch(one.endpoint)).status).toBe(400);
  }, 60_000);
});

test('asking for a server that nobody knows is an error', async () => {
  const response = await fetch(`${inject('sharedServers')}/no-such-backend`);
  expect(response.status).toBe(404);
  expect(await response.text()).toBe('There is no backend "no-such-backend".');
});
