import { afterAll, expect, it } from 'vitest';
import { RemoteStores } from '../remote-store/remote-stores.ts';
import { everyMutant, isConvicted } from './every-mutant.ts';

const server = await RemoteStores.start();
let convicted = 0;

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  const score = Math.floor((100 * convicted) / everyMutant.length);
  console.log(`mutation score: ${convicted} of ${everyMutant.length} broken stores are convicted, ${score} %`);
});

it.each(everyMutant)('a store that $fault is convicted by "$convictedBy"', async (mutant) => {
  expect(await isConvicted(mutant, server)).toBe(true);
  convicted++;
});

it('there are at least 40, and no two of one fault', () => {
  expect(everyMutant.length).toBeGreaterThanOrEqual(40);
  expect(new Set(everyMutant.map(({ fault }) => fault)).size).toBe(everyMutant.length);
});
