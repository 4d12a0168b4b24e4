import { checkArtifactStore } from '@stack/testkit';
import { expect, it } from 'vitest';
import { diskMutants } from '../broken-stores/disk-mutants.ts';
import { folderStoreOptions } from './folder-stores.ts';

it('passes the cases that convict the broken ones', async () => {
  const cases = diskMutants.map(({ convictedBy }) => convictedBy);
  const results = await checkArtifactStore({ name: 'folder', ...folderStoreOptions() }, { cases });
  expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
});
