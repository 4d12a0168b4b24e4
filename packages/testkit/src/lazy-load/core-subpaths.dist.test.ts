import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkLazyLoad } from './check-lazy-load.ts';

const packageFolder = dirname(fileURLToPath(import.meta.resolve('@stack/core/package.json')));

test.each(['./errors', './manifest', './discovery', './secrets'])('@stack/core%s loads no zod', async (specifier) => {
  const problems = await checkLazyLoad({
    packageFolder,
    specifier,
    allowedPackages: [],
    implementation: '.',
    sdkPackages: ['zod'],
  });
  expect(problems).toEqual([]);
});

test('@stack/core loads zod', async () => {
  const problems = await checkLazyLoad({ packageFolder, allowedPackages: [], implementation: './errors' });
  expect(problems.map(({ message }) => message)).toContain('importing @stack/core loads zod');
});
