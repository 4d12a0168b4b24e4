import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exportMapProblems, type PackageManifest } from '../build/package-manifest.ts';
import type { Violation } from './violation.ts';
import type { WorkspacePackage } from './workspace.ts';

const namePrefixes = { package: '@stack/', integration: '@stack/integration-', example: '@stack/example-' } as const;

const exampleFiles = ['README.md', 'tsconfig.json'];
const publishedFiles = [...exampleFiles, 'tsconfig.build.json', 'src/index.ts'];

const publishedScripts: Readonly<Record<string, string>> = {
  build: 'node ../../tools/build/build-package.ts',
  typecheck: 'tsc -p tsconfig.json',
  'package-check': 'node ../../tools/build/check-package.ts',
};

/** Names, files and fields of a package. */
export function packageViolations(workspacePackage: WorkspacePackage): Violation[] {
  const { kind, folder, folderName, folderInRepository, manifest } = workspacePackage;
  const manifestFile = `${folderInRepository}/package.json`;
  const violations: Violation[] = [];
  const report = (rule: string, message: string) => void violations.push({ file: manifestFile, rule, message });

  const expectedName = `${namePrefixes[kind]}${folderName}`;
  if (manifest.name !== expectedName) {
    report('package-name', `The name is "${manifest.name}"; by its folder it must be "${expectedName}".`);
  }
  for (const file of kind === 'example' ? exampleFiles : publishedFiles) {
    if (existsSync(join(folder, file))) continue;
    violations.push({
      file: `${folderInRepository}/${file}`,
      rule: 'required-file',
      message: 'The file is missing; write it.',
    });
  }
  if (kind === 'example') {
    if (manifest.private !== true) report('package-field', 'An example is never published: set "private": true.');
  } else {
    for (const message of fieldProblems(workspacePackage)) report('package-field', message);
    for (const problem of exportMapProblems(manifest)) report('exports', `In the entries, ${problem}.`);
  }
  violations.push(...dependencyViolations(manifestFile, manifest));
  return violations;
}

/** Versions are written down once, in the catalog. */
export function dependencyViolations(manifestFile: string, manifest: PackageManifest): Violation[] {
  const groups = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;
  return groups.flatMap((group) =>
    Object.entries(manifest[group] ?? {}).flatMap(([name, range]) => {
      const expected = name.startsWith('@stack/') ? 'workspace:^' : 'catalog:';
      if (range === expected) return [];
      const message = `"${name}" in "${group}" has the range "${range}"; write "${expected}".`;
      return [{ file: manifestFile, rule: 'dependency-range', message }];
    }),
  );
}

function fieldProblems({ kind, manifest }: WorkspacePackage): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, message: string) => {
    if (!holds) problems.push(message);
  };
  expect(manifest.type === 'module', 'Set "type": "module".');
  expect((manifest.description ?? '') !== '', 'Say in "description" what the package is, in one sentence.');
  expect(manifest.license === 'Apache-2.0', 'Set "license": "Apache-2.0".');
  expect(manifest.engines?.node === '>=24.11', 'Set "engines": { "node": ">=24.11" }.');
  expect(manifest.files?.includes('dist') === true, 'Add "dist" to "files".');
  expect(manifest.sideEffects !== undefined, 'Set "sideEffects": false, or list the modules that have some.');
  expect(manifest.private !== true, 'A package of this folder is published: remove "private".');
  expect(manifest.publishConfig?.access === 'public', 'Set "access": "public" in "publishConfig".');
  for (const [name, command] of Object.entries(publishedScripts)) {
    expect(manifest.scripts?.[name] === command, `Set the script "${name}" to "${command}".`);
  }
  if (kind === 'integration') {
    const expected = { apiVersion: 1, manifest: './dist/stack-manifest.json' };
    const isStack = JSON.stringify(manifest.stack) === JSON.stringify(expected);
    expect(isStack, `Set "stack" to ${JSON.stringify(expected)}.`);
    for (const peer of ['@stack/core', 'zod']) {
      const isPeer = manifest.peerDependencies?.[peer] !== undefined && manifest.dependencies?.[peer] === undefined;
      expect(isPeer, `Make "${peer}" a peer dependency: the application has one copy of it.`);
    }
  }
  return problems;
}
