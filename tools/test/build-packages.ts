import type { TestProject } from 'vitest/node';
import { repositoryRoot, runTool } from '../build/run-command.ts';

declare module 'vitest' {
  interface ProvidedContext {
    packagesAreBuilt: boolean;
  }
}

/** Global setup of the tests of built packages: builds what changed. */
export function setup(project: TestProject): void {
  const start = performance.now();
  const status = runTool(
    'turbo',
    ['run', 'build', '--continue=dependencies-successful', '--output-logs=errors-only'],
    repositoryRoot,
  );
  console.log(`turbo run build took ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  // Not thrown here: that would keep the tests of the sources from running.
  project.provide('packagesAreBuilt', status === 0);
}
