import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PackageFixture } from './package-fixture.ts';
import { repositoryRoot } from './run-command.ts';

const lazyIndex = `import { DatabaseSync } from 'node:sqlite';
import { eager } from './parts/eager.ts';
export { DatabaseSync, eager };
export const load = async (): Promise<number> => (await import('./parts/lazy.ts')).lazy;
`;

function writeSources(fixture: PackageFixture): void {
  fixture.write('src/index.ts', lazyIndex);
  fixture.write('src/parts/eager.ts', 'export const eager = 1;\n');
  fixture.write('src/parts/lazy.ts', "console.log('lazy is here');\nexport const lazy = 2;\n");
  fixture.write('src/index.test.ts', 'throw new Error();\n');
  fixture.write('src/index.test-d.ts', 'throw new Error();\n');
  fixture.write('dist/stale.js', 'export {};\n');
}

test('dist mirrors src file for file, without tests and without what was there before', () => {
  using fixture = new PackageFixture();
  writeSources(fixture);
  expect(fixture.build()).toEqual({ status: 0, output: '' });
  const expected = ['index', 'parts/eager', 'parts/lazy'].flatMap((name) => [
    `${name}.d.ts`,
    `${name}.js`,
    `${name}.js.map`,
  ]);
  expect(distFiles(fixture)).toEqual(expected);
});

test('static and dynamic imports of .ts files lead to .js files, and the lazy one stays lazy', () => {
  using fixture = new PackageFixture();
  writeSources(fixture);
  fixture.build();
  expect(run(fixture, '(module) => module.eager')).toBe('1\n');
  expect(run(fixture, '(module) => module.load()')).toBe('lazy is here\n2\n');
});

test('source maps bring the source along, as src is not published', () => {
  using fixture = new PackageFixture();
  writeSources(fixture);
  fixture.build();
  const map = JSON.parse(fixture.read('dist/index.js.map')) as { sourcesContent: string[] };
  expect(map.sourcesContent).toEqual([lazyIndex]);
});

test('a type error fails the build and leaves no module behind', () => {
  using fixture = new PackageFixture();
  fixture.write('src/index.ts', "export const port: number = 'eighty';\n");
  const { status, output } = fixture.build();
  expect(status).toBe(1);
  expect(output).toContain("src/index.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.");
  expect(distFiles(fixture)).toEqual([]);
});

test('an entry without its file fails the build', () => {
  using fixture = new PackageFixture({ bin: { made: './bin/made.js' } });
  fixture.write('src/main.ts', 'export {};\n');
  const { status, output } = fixture.build();
  expect(status).toBe(1);
  expect(output).toContain('"." in "exports" points to ./src/index.ts, and there is no such file');
  expect(output).toContain('"." in "publishConfig.exports" points to ./dist/index.js, and there is no such file');
  expect(output).toContain('"made" in "bin" points to ./bin/made.js, and there is no such file');
});

test('types of a package that users need not have fail the build', () => {
  using fixture = new PackageFixture({ peerDependencies: { vitest: '*' } });
  fixture.link('tsup', 'node_modules/tsup');
  fixture.link('vitest', 'node_modules/vitest');
  fixture.write('src/index.ts', "export type { Options } from './parts/options.ts';\n");
  fixture.write('src/parts/options.ts', "export type { Options } from 'tsup';\nexport type { Mock } from 'vitest';\n");
  const { status, output } = fixture.build();
  expect(status).toBe(1);
  const problem =
    'the types in dist/parts/options.d.ts are of tsup, which is in neither "dependencies" nor "peerDependencies"';
  expect(output.trim().split('\n')).toEqual([expect.stringContaining(problem)]);
});

test('two maps of entries that disagree fail the build', () => {
  using fixture = new PackageFixture({ publishConfig: { exports: { '.': './dist/index.js' } } });
  fixture.write('src/index.ts', 'export {};\n');
  const { status, output } = fixture.build();
  expect(status).toBe(1);
  expect(output).toContain('"publishConfig.exports" must be "exports" without the condition @stack/source');
});

test('a package with a tsup.config.ts is bundled, with lazy imports as chunks of their own and declarations by tsc', () => {
  using fixture = new PackageFixture();
  writeSources(fixture);
  bundle(fixture);
  expect(fixture.build()).toEqual({ status: 0, output: '' });
  const files = distFiles(fixture);
  expect(files.filter((file) => file.endsWith('.d.ts'))).toEqual(['index.d.ts', 'parts/eager.d.ts', 'parts/lazy.d.ts']);
  expect(files.filter((file) => file.endsWith('.js'))).toEqual(['index.js', expect.stringMatching(/^lazy-\w+\.js$/)]);
  expect(run(fixture, '(module) => [module.eager, typeof module.DatabaseSync].join()')).toBe('1,function\n');
  expect(run(fixture, '(module) => module.load()')).toBe('lazy is here\n2\n');
});

test('what a bundle makes of `using` in a loop forgets the error of an earlier round', () => {
  using fixture = new PackageFixture();
  fixture.write(
    'src/index.ts',
    `export function attempt(): number {
  for (let round = 1; ; round++) {
    try {
      using _ = { [Symbol.dispose]: () => {} };
      if (round === 1) throw new Error('of the first round');
      return round;
    } catch (error) {
      if (round === 2) throw error;
    }
  }
}
`,
  );
  bundle(fixture);
  expect(fixture.build()).toEqual({ status: 0, output: '' });
  expect(run(fixture, '(module) => module.attempt()')).toBe('2\n');
});

function bundle(fixture: PackageFixture): void {
  const options = join(repositoryRoot, 'tools/build/bundle-options.ts');
  fixture.write(
    'tsup.config.ts',
    `import { bundleOptions } from '${options}';\nexport default { ...bundleOptions, entry: ['src/index.ts'] };\n`,
  );
}

function distFiles(fixture: PackageFixture): string[] {
  return globSync('dist/**/*.*', { cwd: fixture.folder })
    .map((file) => file.slice('dist/'.length))
    .sort();
}

/** What a fresh process prints: the result of a function of the built module, after what the module itself prints. */
function run(fixture: PackageFixture, code: string): string {
  const script = `console.log(await (${code})(await import('@acme/made-up')))`;
  const options = { cwd: fixture.folder, encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], options);
  return stdout + stderr;
}
