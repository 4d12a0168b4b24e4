import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { everyMutant } from '../../packages/testkit/test/broken-stores/every-mutant.ts';
import { repositoryRoot } from '../build/run-command.ts';
import { conformancePage, type Scores } from './conformance-page.ts';
import { contenders } from './rivals.ts';

const scores = JSON.parse(readFileSync(join(import.meta.dirname, 'scores.json'), 'utf8')) as Scores;

test('docs/conformance.md says what the code and the last run say; `npm run conformance -- --page` writes it anew', () => {
  expect(readFileSync(join(repositoryRoot, 'docs/conformance.md'), 'utf8')).toBe(conformancePage(scores));
});

test('the last run was of the versions and of the broken stores that are here, and convicted all of them', () => {
  const versions = (list: readonly { readonly name: string; readonly version: string }[]) =>
    list.map(({ name, version }) => `${name} ${version}`);
  expect(versions(scores.contenders)).toEqual(versions(contenders));
  expect(scores.mutants).toEqual({ convicted: everyMutant.length, total: everyMutant.length });
});
