import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from './run-command.ts';

/** A made-up package in a temporary folder, for the tests of the build. */
export class PackageFixture implements Disposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'stack-build-')));

  constructor(fields: Readonly<Record<string, unknown>> = {}) {
    const published = {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    };
    const exports = { ...published, '.': { '@stack/source': './src/index.ts', ...published['.'] } };
    const manifest = {
      name: '@acme/made-up',
      version: '1.2.3',
      type: 'module',
      exports,
      publishConfig: { exports: published },
    };
    this.write('package.json', JSON.stringify({ ...manifest, ...fields }));
    this.write(
      'tsconfig.build.json',
      JSON.stringify({
        extends: join(repositoryRoot, 'tsconfig.build.json'),
        compilerOptions: { rootDir: 'src', outDir: 'dist' },
        include: ['src'],
        exclude: ['src/**/*.test.ts', 'src/**/*.test-d.ts'],
      }),
    );
    this.link('@types', 'node_modules/@types');
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** Makes a folder of this repository a package that the fixture sees as installed. */
  link(name: string, folderInRepository: string): void {
    const path = join(this.folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(repositoryRoot, folderInRepository), path);
  }

  build(environment: NodeJS.ProcessEnv = {}): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'build-package.ts')], {
      cwd: this.folder,
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
