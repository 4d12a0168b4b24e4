import { dirname } from 'node:path';
import { checkLazyLoad } from '@stack/testkit';
import { expect, test } from 'vitest';

test('the main entry loads core and zod, and not the artifact store', async () => {
  const packageFolder = dirname(import.meta.dirname);
  expect(await checkLazyLoad({ packageFolder, implementation: './artifact-store' })).toEqual([]);
});
