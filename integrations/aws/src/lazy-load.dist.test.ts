import { dirname } from 'node:path';
import { checkLazyLoad } from '@stack/testkit';
import { expect, test } from 'vitest';

const packageFolder = dirname(import.meta.dirname);

test.each([
  ['./artifact-store', ['@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner']],
  ['./secret-store', ['@aws-sdk/client-secrets-manager']],
])('the main entry loads core and zod, and not %s', async (implementation, sdkPackages) => {
  expect(await checkLazyLoad({ packageFolder, implementation, sdkPackages })).toEqual([]);
});
