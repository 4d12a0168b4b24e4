// Does what README.md says, by real `stack` commands in copies of this folder, and checks what comes of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createComponent } from '@stack/core';
import { myArtifactStoreFlavor } from './flavors/my-flavor.ts';

const command = fileURLToPath(new URL('bin/stack.js', import.meta.resolve('@stack/cli/package.json')));
await using disposables = new AsyncDisposableStack();

console.log('# A flavor of your own, from its file to a pipeline that runs on it');
const project = await copyProject();
register(project, project);
succeed(project, 'pipeline run pipelines/greeting.ts#greeting --name=penguins');
await checkArtifacts(project);

console.log('\n# The same from a sub-folder of the project');
const other = await copyProject();
register(other, join(other, 'flavors'));
succeed(join(other, 'flavors'), 'pipeline run ../pipelines/greeting.ts#greeting --name=penguins');
await checkArtifacts(other);

console.log('\n# A path that is not for this flavor');
const wrongScheme = 'artifact-store register wrong --flavor=my-artifact-store --path=s3://bucket';
assert.match(fail(project, wrongScheme), /CONFIG_INVALID.*path: must be lmdb:/s);

console.log('\n# The package lmdb is not installed: only what uses the store needs it');
const incomplete = await copyProject({ without: 'lmdb' });
register(incomplete, incomplete);
const failure = fail(incomplete, 'pipeline run pipelines/greeting.ts#greeting');
assert.match(failure, /DEPENDENCY_MISSING.*"lmdb"/);
assert.match(failure, /npm install lmdb/);

/** What comes before a run, in a folder of a project. */
function register(root: string, folder: string): void {
  succeed(root, 'init');
  succeed(folder, 'artifact-store flavor register flavors/my-flavor.ts#myArtifactStoreFlavor');
  assert.match(succeed(folder, 'artifact-store flavor list'), /my-artifact-store/);
  assert.match(succeed(folder, 'artifact-store flavor describe my-artifact-store'), /--wait-for-disk/);
  succeed(folder, 'artifact-store register my-store --flavor=my-artifact-store --path=lmdb://artifacts');
  assert.match(succeed(folder, 'artifact-store describe my-store'), /lmdb:\/\/artifacts/);
  succeed(folder, 'register my-stack --artifact-store my-store --orchestrator default');
  succeed(folder, 'set my-stack');
}

/** That the store of the flavor has the artifacts of the run, and the default one has none. */
async function checkArtifacts(root: string): Promise<void> {
  await using store = await createComponent(myArtifactStoreFlavor, {
    name: 'my-store',
    config: { path: 'lmdb://artifacts' },
    baseDirectory: root,
  });
  const texts: string[] = [];
  for await (const { path } of store.walk()) texts.push(await store.readText(path));
  assert.ok(texts.includes('Hello penguins!\n'), 'the artifact of the step greet is in the store');
  assert.ok(texts.includes('HELLO PENGUINS!\n'), 'the artifact of the step shout is in the store');
  assert.ok(!(await readdir(join(root, '.stack'))).includes('artifacts'), 'the default store was not used');
}

/** A copy of this folder, with the same packages installed. */
async function copyProject({ without }: { readonly without?: string } = {}): Promise<string> {
  const source = import.meta.dirname;
  const copy = await mkdtemp(join(tmpdir(), 'stack-custom-flavor-'));
  disposables.defer(() => rm(copy, { recursive: true }));
  for (const name of ['package.json', 'flavors', 'pipelines']) {
    await cp(join(source, name), join(copy, name), { recursive: true });
  }
  const installed = join(source, 'node_modules');
  await mkdir(join(copy, 'node_modules'));
  for (const name of await readdir(installed)) {
    if (name.startsWith('.') || name === without) continue;
    await symlink(join(installed, name), join(copy, 'node_modules', name), 'junction');
  }
  return copy;
}

/** Runs a command, and returns what it prints. */
function succeed(folder: string, words: string): string {
  const { status, printed } = run(folder, words);
  assert.equal(status, 0, `"stack ${words}" succeeds`);
  return printed;
}

function fail(folder: string, words: string): string {
  const { status, printed } = run(folder, words);
  assert.notEqual(status, 0, `"stack ${words}" fails`);
  return printed;
}

function run(folder: string, words: string): { readonly status: number | null; readonly printed: string } {
  console.log(`\n$ stack ${words}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...words.split(' ')], {
    cwd: folder,
    encoding: 'utf8',
  });
  const printed = `${stdout}${stderr}`;
  console.log(printed.trimEnd());
  return { status, printed };
}
