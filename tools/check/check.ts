/**
 * Runs every check of the repository and says at the end which failed: `npm run check`.
 * With `--without-tests`, all but the tests. The last line is `N passed, N failed`.
 */
import { join } from 'node:path';
import { repositoryRoot, runCommand, runTool } from '../build/run-command.ts';

interface Check {
  readonly name: string;
  /** Ends with an exit code. */
  readonly run: () => number;
}

const turbo = (task: string) => runTool('turbo', ['run', task, '--continue=dependencies-successful'], repositoryRoot);
const tool = (name: string, ...toolArguments: string[]) => runTool(name, toolArguments, repositoryRoot);
const script = (file: string) => runCommand(process.execPath, [join(repositoryRoot, file)], repositoryRoot);

const checks: Check[] = [
  { name: 'format and lint', run: () => tool('@biomejs/biome', 'check', '--error-on-warnings') },
  { name: 'lint by types', run: () => tool('oxlint', '--type-aware', '--deny-warnings') },
  { name: 'conventions', run: () => script('tools/conventions/check-conventions.ts') },
  { name: 'unused code and dependencies', run: () => tool('knip') },
  { name: 'types of the sources', run: () => turbo('typecheck') },
  { name: 'build', run: () => turbo('build') },
  { name: 'packages as published', run: () => turbo('package-check') },
  { name: 'types of the built packages', run: () => script('tools/check/check-built-types.ts') },
];
if (!process.argv.includes('--without-tests')) checks.push({ name: 'tests', run: () => tool('vitest', 'run') });

const results = checks.map(({ name, run }) => {
  console.log(`\n--- ${name}`);
  const start = performance.now();
  const passed = run() === 0;
  return {
    passed,
    line: `${passed ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`,
  };
});

const failed = results.filter(({ passed }) => !passed).length;
console.log(`\n${results.map(({ line }) => line).join('\n')}`);
console.log(`\n${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
