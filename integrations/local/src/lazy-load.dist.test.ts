import { dirname } from 'node:path';
import { checkLazyLoad } from '@stack/testkit';
import { expect, test } from 'vitest';

const packageFolder = dirname(import.meta.dirname);

test.each(['./artifact-store', './orchestrator', './secret-store/env', './secret-store/local'])(
  'the main entry loads core and zod, and not %s',
  async (implementation) => {
    expect(await checkLazyLoad({ packageFolder, implementation })).toEqual([]);
  },
);
