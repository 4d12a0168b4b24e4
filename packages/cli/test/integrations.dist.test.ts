import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canaryFolder, installCanary } from './canary-integration.ts';
import {
  cleanEnvironment,
  type JsonDocument,
  type Result,
  runStack,
  stack,
  stackBin,
  stackJson,
  temporaryFolder,
  writeFiles,
} from './run-stack.ts';

const work = temporaryFolder();

afterAll(() => work[Symbol.dispose]());

describe('stack integration install --dry-run', () => {
  it.each<[string, string, Readonly<Record<string, string>>]>([
    ['npm i', 'package-lock.json, nearer than another', { 'package-lock.json': '{}', '../pnpm-lock.yaml': '' }],
    [
      'yarn add',
      'the field packageManager, where a lockfile disagrees',
      { 'package-lock.json': '{}', 'package.json': '{ "packageManager": "yarn@4.1.0" }' },
    ],
    ['pnpm add', 'pnpm-lock.yaml', { 'pnpm-lock.yaml': '' }],
    ['yarn add', 'yarn.lock', { 'yarn.lock': '' }],
    ['bun add', 'bun.lock', { 'bun.lock': '' }],
    ['bun add', 'bun.lockb', { 'bun.lockb': '' }],
    ['pnpm add', 'the lockfile of a workspace above', { '../pnpm-lock.yaml': '' }],
    ['yarn add', 'the field packageManager', { 'package.json': '{ "packageManager": "yarn@4.1.0" }' }],
    ['npm i', 'nothing', {}],
  ])('prints "%s" by %s, and runs nothing', (command, _, files) => {
    using folder = temporaryFolder();
    const root = join(folder.path, 'project');
    writeFiles(root, { 'package.json': '{}', ...files });
    const names = ['s3', '@acme/stack-integration-disk@1.2.0'];
    const { data } = stackJson(root, 'integration', 'install', ...names, '--dry-run');
    const expected = [...command.split(' '), '@stack/integration-s3', '@acme/stack-integration-disk@1.2.0'];
    expect(data).toEqual({ folder: root, command: expected, isDryRun: true, integrations: [] });
    expect(existsSync(join(root, 'node_modules'))).toBe(false);
  });
});

describe('stack integration install', () => {
  const plain = 'stack-integration-plain';
  let registry: Server;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    installCanary(work.path, join(work.path, 'evaluated.txt'));
    writeFiles(work.path, {
      [`node_modules/${plain}/package.json`]: JSON.stringify({ name: plain, version: '2.0.0' }),
    });
    registry = await startRegistry([canaryFolder, plain].map((name) => join(work.path, 'node_modules', name)));
    const { port } = registry.address() as AddressInfo;
    env = {
      ...cleanEnvironment,
      npm_config_registry: `http://127.0.0.1:${port}/`,
      npm_config_cache: join(work.path, 'npm-cache'),
      npm_config_fetch_retries: '0',
      npm_config_update_notifier: 'false',
    };
  }, 60_000);

  afterAll(async () => {
    registry.closeAllConnections();
    registry.close();
    await once(registry, 'close');
  });

  /** Not as `runStack`, which would keep the registry of this process from answering. */
  async function run(root: string, words: readonly string[], environment = env): Promise<Result> {
    const child = spawn(process.execPath, [stackBin, ...words], { cwd: root, env: environment, stdio: 'pipe' });
    child.stdin.end();
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { status, stdout, stderr };
  }

  function makeProject(name: string, files: Readonly<Record<string, string>> = {}): string {
    const root = join(work.path, name);
    writeFiles(root, { 'package.json': '{ "name": "mine", "private": true }', ...files });
    stack(root, 'init');
    return root;
  }

  const dependencies = (root: string) =>
    (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies?: object }).dependencies;

  it('adds a package with npm, into package.json and the lockfile, and its flavors can be used at once', async () => {
    const root = makeProject('with-npm');
    const { status, stdout } = await run(root, ['integration', 'install', `${canaryFolder}@1.0.0`, '--json']);
    expect({ status, document: JSON.parse(stdout) as JsonDocument }).toMatchObject({
      status: 0,
      document: {
        ok: true,
        data: {
          folder: root,
          command: ['npm', 'i', `${canaryFolder}@1.0.0`],
          isDryRun: false,
          integrations: [{ package: canaryFolder, version: '1.0.0', flavors: [{ name: 'canary' }] }],
        },
        warnings: [],
      },
    });
    expect(dependencies(root)).toEqual({ [canaryFolder]: '^1.0.0' });
    expect(existsSync(join(root, 'package-lock.json'))).toBe(true);
    stack(root, 'artifact-store', 'register', 'birds', '--flavor=canary', '--path=canary://a');
    const again = await run(root, ['integration', 'install', canaryFolder]);
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('artifact-store/canary') });
  });

  it('says so where the package is no integration', async () => {
    const root = makeProject('with-plain');
    const { stdout } = await run(root, ['integration', 'install', plain, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: {
        code: 'INTEGRATION_NOT_FOUND',
        message: expect.stringContaining('is installed now, and is no integration'),
      },
    });
  });

  it('shows what the package manager said when it fails, and changes nothing', async () => {
    const root = makeProject('failing');
    const { status, stdout, stderr } = await run(root, ['integration', 'install', 'stack-integration-none']);
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toMatch(/npm error .*404/);
    expect(stderr).toContain(`INSTALL_FAILED: "npm i stack-integration-none" in ${root} ended with 1.`);
    expect(dependencies(root)).toBeUndefined();
  });

  it('says which program is missing when it cannot be started', async () => {
    const root = makeProject('without-bun', { 'bun.lock': '' });
    const empty = join(work.path, 'empty');
    mkdirSync(empty);
    const { status, stdout } = await run(root, ['integration', 'install', canaryFolder, '--json'], {
      ...env,
      PATH: empty,
    });
    expect({ status, document: JSON.parse(stdout) as JsonDocument }).toMatchObject({
      status: 5,
      document: {
        error: {
          code: 'INSTALL_FAILED',
          message: expect.stringContaining('cannot be started'),
          hint: expect.stringContaining('Install bun'),
        },
      },
    });
  });

  it.each(['../canary', 'https://example.com/a.tgz', '--global', 'file:canary', 'a b'])(
    'hands no path, URL or option to a package manager: %s',
    (name) => {
      const root = join(work.path, 'with-npm');
      const { status, stderr } = runStack(root, ['integration', 'install', '--', name]);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringContaining('is not the name of a package'),
      });
    },
  );
});

describe('a flavor that two packages have', () => {
  const root = join(work.path, 'two');
  const copy = '@acme/pkg';

  beforeAll(() => {
    const dependencies = { [canaryFolder]: '1.0.0', [copy]: '1.0.0' };
    writeFiles(root, { 'package.json': JSON.stringify({ dependencies }) });
    installCanary(root, join(root, 'evaluated.txt'));
    const folder = join(root, 'node_modules', copy);
    cpSync(join(root, 'node_modules', canaryFolder), folder, { recursive: true });
    for (const file of ['package.json', 'stack-manifest.json']) {
      const content = readFileSync(join(folder, file), 'utf8');
      writeFileSync(join(folder, file), content.replaceAll(canaryFolder, copy));
    }
    stack(root, 'init');
  });

  const register = (name: string, flavor: string) =>
    stackJson(root, 'artifact-store', 'register', name, `--flavor=${flavor}`, '--path=canary://a', '--depth=2');

  it('is a conflict that names both', () => {
    const { error } = register('birds', 'canary');
    expect(error).toMatchObject({ code: 'FLAVOR_CONFLICT' });
    const said = `${error.message} ${error.hint}`;
    for (const name of [canaryFolder, copy]) expect(said).toContain(name);
  });

  it('is picked by the name of its package, which the component keeps', () => {
    for (const [name, origin] of [
      ['ours', copy],
      ['theirs', canaryFolder],
    ] as const) {
      expect(register(name, `${origin}:canary`)).toMatchObject({ ok: true });
      expect(stackJson(root, 'artifact-store', 'describe', name)).toMatchObject({
        ok: true,
        data: { flavor: 'canary', flavorPackage: origin, config: { path: 'canary://a', depth: 2 } },
      });
      // Which of the two it is stays known when it is changed.
      expect(stackJson(root, 'artifact-store', 'update', name, '--depth=3')).toMatchObject({ ok: true });
    }
    expect(register('none', '@acme/other:canary')).toMatchObject({ ok: false, error: { code: 'FLAVOR_NOT_FOUND' } });
  });
});

/** A registry of npm on loopback that has the packages of some folders, as npm packs them. */
async function startRegistry(folders: readonly string[]): Promise<Server> {
  const tarballs = join(work.path, 'tarballs');
  mkdirSync(tarballs);
  const packages = new Map<string, (address: string) => object>();
  for (const folder of folders) {
    const output = execFileSync('npm', ['pack', folder, '--json', `--pack-destination=${tarballs}`], {
      cwd: work.path,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    const [packed] = JSON.parse(output) as { filename: string; integrity: string; shasum: string; version: string }[];
    if (packed === undefined) throw new Error(`npm packed nothing of ${folder}`);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string };
    const { filename, integrity, shasum, version } = packed;
    packages.set(manifest.name, (address) => ({
      name: manifest.name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, dist: { tarball: `${address}/-/${filename}`, integrity, shasum } } },
    }));
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const tarball = join(tarballs, path.slice(2));
    const packument = packages.get(path);
    if (path.startsWith('-/') && existsSync(tarball)) response.end(readFileSync(tarball));
    else if (packument === undefined) response.writeHead(404).end('{}');
    else response.end(JSON.stringify(packument(`http://${request.headers.host}`)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
