import { existsSync, globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** Long tests move gigabytes, and tens of thousands of objects. */
const testTimeout = process.env.STACK_TEST_LONG === '1' ? 600_000 : 60_000;
/** Where a test that names no other place would make key files: never in the folder of whoever runs it. */
const env = { XDG_CONFIG_HOME: join(tmpdir(), `stack-test-config-${process.pid}`) };
/** What `expect.poll` waits for comes late on a machine that has much else to do. */
const expectOptions = { poll: { timeout: 20_000 } };
const builtTests = '**/*.dist.test.ts';
/** The one place where the seed of property tests is read. Without a seed it is not loaded: it takes a moment. */
const seedProperties =
  process.env.STACK_TEST_SEED === undefined ? [] : [join(import.meta.dirname, 'tools/test/seed-properties.ts')];

/** The tests of one folder, on the sources of every package: nothing needs a build. */
function sourceTests(folder: string): TestProjectInlineConfiguration {
  return {
    root: join(import.meta.dirname, folder),
    // Never "module": it leads to files that only bundlers can read.
    ssr: { resolve: { conditions: ['@stack/source', 'node'] } },
    test: {
      name: basename(folder),
      include: ['**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**', builtTests],
      setupFiles: seedProperties,
      typecheck: { enabled: true, include: ['**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
      // For what a test makes Node import by itself, such as a user's file.
      execArgv: ['--conditions=@stack/source'],
      env,
      expect: expectOptions,
      testTimeout,
    },
  };
}

/** Tests of what is published: the packages are built first, and Node imports them as they are. */
const distTests: TestProjectInlineConfiguration = {
  test: {
    name: 'dist',
    include: ['packages', 'integrations', 'examples', 'tools', 'tests'].map((folder) => `${folder}/${builtTests}`),
    globalSetup: 'tools/test/build-packages.ts',
    setupFiles: ['tools/test/require-built-packages.ts', ...seedProperties],
    server: { deps: { external: [/\/dist\//] } },
    env,
    expect: expectOptions,
    testTimeout,
  },
};

const folders = globSync(['packages/*', 'integrations/*', 'examples/*'], { cwd: import.meta.dirname })
  .filter((folder) => existsSync(join(import.meta.dirname, folder, 'package.json')))
  .sort();

export default defineConfig({
  test: {
    projects: [...[...folders, 'tools'].map(sourceTests), distTests],
    globalSetup: 'tools/test/share-servers.ts',
    reporters: ['default', './tools/test/plain-reporter.ts'],
  },
});
