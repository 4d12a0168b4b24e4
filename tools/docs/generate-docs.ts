/** Writes the pages of docs/ that are generated from the code: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../build/run-command.ts';
import { generatedPages } from './pages.ts';

for (const [path, text] of Object.entries(generatedPages())) {
  writeFileSync(join(repositoryRoot, path), text);
  console.log(`wrote ${path}`);
}
