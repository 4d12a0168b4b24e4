import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The built command. */
export const stackBin = join(import.meta.dirname, '..', 'bin', 'stack.js');

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An environment in which nothing of the test runner changes what a command prints, and that needs no key file. */
export const cleanEnvironment: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: tmpdir(),
  STACK_SECRETS_KEY: Buffer.alloc(32, 1).toString('base64'),
};

/** Runs the command to its end, without a terminal. */
export function runStack(
  folder: string,
  commandLine: readonly string[],
  { nodeOptions = [], ...options }: SpawnSyncOptions & { readonly nodeOptions?: readonly string[] } = {},
): Result {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [...nodeOptions, stackBin, ...commandLine], {
    cwd: folder,
    env: cleanEnvironment,
    input: '',
    timeout: 25_000,
    // The schemas of all commands are more than the default.
    maxBuffer: 16 * 1024 * 1024,
    ...options,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Runs the command, which has to succeed. */
export function stack(folder: string, ...commandLine: string[]): string {
  const { status, stdout, stderr } = runStack(folder, commandLine);
  if (status === 0 && stderr === '') return stdout;
  throw new Error(`stack ${commandLine.join(' ')} in ${folder}: exit ${status}\n${stderr}\n${stdout}`);
}

export interface JsonDocument<Data = unknown> {
  readonly ok: boolean;
  readonly data: Data;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly problems?: readonly { readonly path: string; readonly message: string; readonly hint?: string }[];
  };
  readonly warnings: readonly unknown[];
}

/** What the command prints with `--json`, which has to be one document. */
export function stackJson<Data>(folder: string, ...commandLine: string[]): JsonDocument<Data> {
  const { stdout, stderr } = runStack(folder, [...commandLine, '--json']);
  if (stderr !== '') throw new Error(`stack ${commandLine.join(' ')} --json printed on standard error:\n${stderr}`);
  return JSON.parse(stdout) as JsonDocument<Data>;
}

/** An empty folder, which `using` removes. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'stack-cli-')));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A flavor of artifact stores on this disk, as a user writes it. */
export const diskFlavor = `
import { artifactStoreConfig, defineFlavor, secretField } from '@stack/core';
import * as z from 'zod';
export const diskFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'disk',
  displayName: 'A disk',
  configSchema: artifactStoreConfig({ schemes: ['disk://'] }).extend({
    accessKey: secretField().optional().describe('Key of the disk'),
    maxRetries: z.int().min(0).default(3).describe('How often it is tried'),
    verbose: z.boolean().optional(),
  }),
  implementation: () => import('some-disk-sdk'),
});
`;

export const trainingPipeline = `
import { pipeline, step } from '@stack/pipelines';
import * as z from 'zod';
import { rows } from './rows.js';
const load = step({ name: 'load' }, () => {
  console.log('loading', rows.length);
  return rows;
});
const sum = step({ name: 'sum' }, ({ rows, factor }: { rows: number[]; factor: number }) => ({
  total: rows.reduce((a, b) => a + b, 0) * factor,
}));
export const training = pipeline(
  { name: 'training', parameters: z.object({ factor: z.number().default(2).describe('Multiplies'), dry: z.boolean().optional() }) },
  ({ factor }) => sum({ rows: load(), factor }),
);
`;
