/**
 * Builds the package in the working directory into its dist folder: `node ../../tools/build/build-package.ts`.
 * tools/README.md says what builds what.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { undeclaredTypes } from './declared-types.ts';
import { integrationManifest } from './integration-manifest.ts';
import { exportMapProblems, missingTargets, readPackageManifest } from './package-manifest.ts';
import { repositoryRoot, runTool } from './run-command.ts';

const folder = process.cwd();
const manifest = readPackageManifest(folder);

rmSync(join(folder, 'dist'), { recursive: true, force: true });

const isBundled = existsSync(join(folder, 'tsup.config.ts'));
const declarationsOnly = isBundled ? ['--emitDeclarationOnly', '--sourceMap', 'false', '--inlineSources', 'false'] : [];
orFail(runTool('typescript', ['-p', 'tsconfig.build.json', ...declarationsOnly], folder));
if (isBundled) orFail(runTool('tsup', ['--silent'], folder));

if (manifest.stack !== undefined) {
  const text = `${JSON.stringify(await integrationManifest(folder), undefined, 2)}\n`;
  writeFileSync(join(folder, 'dist', 'stack-manifest.json'), text);
}

const problems = [
  ...exportMapProblems(manifest),
  ...missingTargets(folder, manifest),
  ...undeclaredTypes(folder, manifest),
];
for (const problem of problems) console.error(`${relative(repositoryRoot, folder)}/package.json: ${problem}`);
orFail(problems.length);

function orFail(status: number): void {
  if (status !== 0) process.exit(1);
}
