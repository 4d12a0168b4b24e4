import { dirname } from 'node:path';
import { checkIntegrationPackage } from '@stack/testkit';
import { expect, test } from 'vitest';

test('the built package has the shape of an integration', async () => {
  expect(await checkIntegrationPackage(dirname(import.meta.dirname))).toEqual([]);
});
