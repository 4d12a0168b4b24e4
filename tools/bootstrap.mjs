#!/usr/bin/env node
/**
 * Runs a pnpm command of this repository on a machine that has only npm and some Node:
 * `node tools/bootstrap.mjs [pnpm arguments]`.
 *
 * 1. The pnpm that package.json pins goes into .tools/ (once).
 * 2. `pnpm install --frozen-lockfile` (when the lockfile or a manifest changed). This also brings the
 *    pinned Node as a registry package; node_modules/.bin/node is what every script then runs on.
 * 3. pnpm is called with the given arguments.
 *
 * Plain JavaScript without dependencies, since nothing is installed when it starts.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const minimumNode = [24, 11];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolsFolder = join(root, '.tools');
const isWindows = process.platform === 'win32';

const pinnedPnpm = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.replace('pnpm@', '');

if (installedPnpm() !== pinnedPnpm) {
  log(`installing pnpm ${pinnedPnpm} into .tools/`);
  mkdirSync(toolsFolder, { recursive: true });
  writeFileSync(join(toolsFolder, 'package.json'), '{ "private": true }\n');
  const options = ['--prefix', toolsFolder, '--no-audit', '--no-fund', '--loglevel=error'];
  orExit(run(isWindows ? 'npm.cmd' : 'npm', ['install', ...options, `pnpm@${pinnedPnpm}`], process.env));
}

const environment = scriptEnvironment();

const stampFile = join(root, 'node_modules', '.bootstrap-stamp');
const stamp = installStamp();
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  rmSync(stampFile, { force: true });
  orExit(run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], environment));
  writeFileSync(stampFile, stamp);
}

if (!hasUsableNode()) {
  log(
    `there is no pinned Node for ${process.platform}-${process.arch}: install Node >= ${minimumNode.join('.')} and run this again`,
  );
  process.exit(1);
}

const pnpmArguments = process.argv.slice(2);
if (pnpmArguments.length > 0) process.exit(run('pnpm', pnpmArguments, environment));

function installedPnpm() {
  try {
    return JSON.parse(readFileSync(join(toolsFolder, 'node_modules', 'pnpm', 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

/** The caller's environment without what `npm run` adds: it is meant for npm, and pnpm would warn. */
function scriptEnvironment() {
  const kept = /^npm_config_(registry|proxy|https?_proxy|noproxy|cafile|ca|strict_ssl)$/i;
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name));
  const result = Object.fromEntries(entries);
  const pathName = Object.keys(result).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const binFolders = [toolsFolder, root].map((folder) => join(folder, 'node_modules', '.bin'));
  result[pathName] = [...binFolders, result[pathName] ?? ''].join(delimiter);
  result.TURBO_TELEMETRY_DISABLED ??= '1';
  result.DO_NOT_TRACK ??= '1';
  // The committed lockfile is what is installed here; asking for the age of each entry again costs
  // 10 s and more. `pnpm add` and `pnpm update`, outside of this script, keep pnpm's default.
  result.PNPM_CONFIG_MINIMUM_RELEASE_AGE ??= '0';
  return result;
}

function installStamp() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${pinnedPnpm}`);
  for (const file of ['pnpm-lock.yaml', 'package.json', 'pnpm-workspace.yaml']) {
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function hasUsableNode() {
  if (existsSync(join(root, 'node_modules', '.bin', isWindows ? 'node.exe' : 'node'))) return true;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1]);
}

/** Runs a command in the root and returns its exit code, 128 + n when signal n ended it. */
function run(command, commandArguments, env) {
  // A first ^C belongs to the child, which ends by itself; this process waits for it.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const result = spawnSync(command, commandArguments, { stdio: 'inherit', cwd: root, shell: isWindows, env });
  process.off('SIGINT', ignore);
  if (result.error) throw result.error;
  if (result.signal) return 128 + constants.signals[result.signal];
  return result.status ?? 1;
}

function orExit(status) {
  if (status !== 0) process.exit(status);
}

function log(message) {
  process.stderr.write(`[bootstrap] ${message}\n`);
}
