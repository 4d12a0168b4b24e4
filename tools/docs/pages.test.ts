import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../packages/cli/src/command-line/command-table.ts';
import { usage } from '../../packages/cli/src/command-line/usage.ts';
import { errorCodes } from '../../packages/core/src/errors/error-codes.ts';
import { repositoryRoot } from '../build/run-command.ts';
import { generatedPages } from './pages.ts';

const pages = generatedPages();

test.each(Object.keys(pages))('%s says what the code says; `npm run docs` writes it anew', (path) => {
  expect(readFileSync(join(repositoryRoot, path), 'utf8')).toBe(pages[path]);
});

test('every command and every error code has its place', () => {
  for (const command of commands) expect(pages['docs/commands.md']).toContain(`\n${usage(command)}\n`);
  for (const code of Object.keys(errorCodes)) expect(pages['docs/errors.md']).toContain(`\n## ${code}\n`);
});
