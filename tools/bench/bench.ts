/** Runs a benchmark on the built packages: `npm run bench -- NAME`, for tools/bench/NAME.bench.ts. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot, runTool } from '../build/run-command.ts';

/** What a benchmark module has as its default export: prints its own results. It gets what follows its name. */
export type Benchmark = (options: readonly string[]) => Promise<void> | void;

const suffix = '.bench.ts';
const names = globSync(`*${suffix}`, { cwd: import.meta.dirname })
  .map((file) => file.slice(0, -suffix.length))
  .sort();
const [name, ...options] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  if (name !== undefined) console.error(`There is no benchmark "${name}".`);
  console.log(`npm run bench -- NAME, where NAME is one of:\n${names.map((known) => `  ${known}`).join('\n')}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  const status = runTool('turbo', ['run', 'build', '--output-logs=errors-only'], repositoryRoot, 2);
  if (status !== 0) process.exit(status);
  const file = pathToFileURL(join(import.meta.dirname, `${name}${suffix}`)).href;
  const { default: benchmark } = (await import(file)) as { readonly default: Benchmark };
  await benchmark(options);
}
