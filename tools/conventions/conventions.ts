import { readPackageManifest } from '../build/package-manifest.ts';
import { importViolations } from './import-rules.ts';
import { lazyLoadingViolations } from './lazy-loading-rules.ts';
import { dependencyViolations, packageViolations } from './package-rules.ts';
import type { Violation } from './violation.ts';
import { readWorkspace } from './workspace.ts';

/** Everything in a repository that breaks a rule, sorted by file. */
export function conventionViolations(root: string): Violation[] {
  const workspace = readWorkspace(root);
  const violations = [
    ...dependencyViolations('package.json', readPackageManifest(root)),
    ...workspace.flatMap((workspacePackage) => [
      ...packageViolations(workspacePackage),
      ...importViolations(workspacePackage),
    ]),
    ...lazyLoadingViolations(workspace),
  ];
  return violations.sort((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)));
}
