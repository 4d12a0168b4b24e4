import { existsSync, globSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonDocument, runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;
const hour = 3600;
const megabyte = 1_000_000;

/** Its process is killed in the middle of a stream into the artifact store. */
const killed = `
  import { pipeline, step } from '@stack/pipelines';
  import * as z from 'zod';

  async function* bytes() {
    for (let sent = 0; sent < 20; sent++) yield Buffer.alloc(${megabyte});
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => {});
  }
  const write = step({ name: 'write' }, async (_: object, { stack }) => {
    await stack.artifactStore.write('kept.txt', 'kept');
    await stack.artifactStore.write('big.bin', bytes());
  });
  export const killed = pipeline({ name: 'killed' }, () => write());
`;

/** Stores without anything to collect: by nature, and because the backend does not tell what there is. */
const flavors = `
  import { artifactStoreConfig, defineFlavor } from '@stack/core';
  const flavor = (name: string) =>
    defineFlavor({
      type: 'artifact-store',
      name,
      configSchema: artifactStoreConfig({ schemes: ['nowhere://'] }),
      implementation: () => (name === 'tidy' ? import('./tidy.ts') : import('./silent.ts')),
    });
  export const tidyFlavor = flavor('tidy');
  export const silentFlavor = flavor('silent');
`;
const tidy = `
  import { ArtifactStore } from '@stack/core';
  export default class TidyArtifactStore extends ArtifactStore {
    mapError() {}
  }
`;
const silent = `
  import TidyArtifactStore from './tidy.ts';
  export default class SilentArtifactStore extends TidyArtifactStore {
    async *doCollectGarbage() {
      throw this.refusal('CAPABILITY_UNSUPPORTED', 'the backend does not tell what was left');
    }
  }
`;

interface Collected {
  readonly store: string;
  readonly garbage: readonly { readonly kind: string; readonly id: string; readonly size: number }[];
}

function gc(...words: string[]): Collected {
  return stackJson<Collected>(root, 'artifact-store', 'gc', ...words).data;
}

function failing(...words: string[]): JsonDocument['error'] & { readonly status: number | null } {
  const { status, stdout } = runStack(root, ['artifact-store', 'gc', ...words, '--json']);
  const document = JSON.parse(stdout) as JsonDocument;
  expect(document.ok, stdout).toBe(false);
  return { ...document.error, status };
}

function staged(): string[] {
  return globSync('data/.stack-staging/*', { cwd: root });
}

function writeOnlyHalf(): void {
  const { status, stderr } = runStack(root, ['pipeline', 'run', 'killed.ts#killed']);
  // A process that was killed has none.
  expect(status, stderr).toBe(null);
}

function age(file: string, seconds: number): void {
  const time = Date.now() / 1000 - seconds;
  utimesSync(join(root, file), time, time);
}

beforeAll(() => {
  writeFiles(root, {
    'killed.ts': killed,
    'flavors/flavors.ts': flavors,
    'flavors/tidy.ts': tidy,
    'flavors/silent.ts': silent,
  });
  stack(root, 'init');
  stack(root, ...'artifact-store register files --flavor local --path data'.split(' '));
  stack(root, ...'stack register files --orchestrator default --artifact-store files --activate'.split(' '));
});

afterAll(() => folder[Symbol.dispose]());

describe('stack artifact-store gc', () => {
  it('removes what a killed writer left once it is old enough, and nothing else', () => {
    writeOnlyHalf();
    const [file = '', ...others] = staged();
    expect(others).toEqual([]);
    const objects = () => globSync('data/**/*', { cwd: root }).sort();
    const before = objects();
    expect(before).toContain('data/kept.txt');

    // A day by default: it could be a write that is under way.
    expect(gc('files')).toEqual({ store: 'files', garbage: [] });
    age(file, 23 * hour);
    expect(gc('files').garbage).toEqual([]);

    const left = { kind: 'staged-file', id: join(root, file), size: expect.any(Number) };
    const dry = gc('files', '--older-than=22h', '--dry-run');
    expect(dry).toMatchObject({ garbage: [left], dryRun: true });
    expect(dry.garbage[0]?.size).toBeGreaterThan(10 * megabyte);
    expect(staged()).toEqual([file]);

    age(file, 25 * hour);
    expect(gc('files')).toMatchObject({ store: 'files', garbage: [left] });
    expect(staged()).toEqual([]);
    expect(objects()).toEqual(before);
    expect(gc('files', '--older-than=0s').garbage).toEqual([]);
  });

  it('says what it is, and how large', () => {
    writeOnlyHalf();
    const [file = ''] = staged();
    const words = ['artifact-store', 'gc', 'files', '--older-than=0s'];
    const table = new RegExp(
      `\\n\\nKIND +SIZE +LAST WRITTEN +PATH +ID\\nstaged-file +[12]\\d\\.\\d MB +20\\S+Z +${join(root, file)}\\n$`,
    );
    const dry = stack(root, ...words, '--dry-run');
    expect(dry).toMatch(
      /^Would remove one thing of [12]\d\.\d MB that killed processes left .*"files"\. Nothing was written\./,
    );
    expect(dry).toMatch(table);
    const done = stack(root, ...words);
    expect(done).toMatch(
      /^Removed one thing of [12]\d\.\d MB that killed processes left in the artifact store "files"\./,
    );
    expect(done).toMatch(table);
    expect(stack(root, ...words)).toBe(
      'Killed processes left nothing that is old enough in the artifact store "files".\n',
    );
  });

  it('finds nothing where nothing was ever written, and makes no folder', () => {
    stack(root, ...'artifact-store register empty --flavor local --path no/folder/yet'.split(' '));
    expect(gc('empty')).toEqual({ store: 'empty', garbage: [] });
    expect(existsSync(join(root, 'no'))).toBe(false);
  });

  it('of a store that leaves nothing finds nothing, and of one that cannot tell is CAPABILITY_UNSUPPORTED', () => {
    for (const name of ['tidy', 'silent']) {
      stack(root, 'artifact-store', 'flavor', 'register', `flavors/flavors.ts#${name}Flavor`);
      stack(root, 'artifact-store', 'register', name, '--flavor', name, '--path=nowhere://here');
    }
    expect(gc('tidy', '--older-than=0s')).toEqual({ store: 'tidy', garbage: [] });
    expect(failing('silent')).toMatchObject({
      code: 'CAPABILITY_UNSUPPORTED',
      message: expect.stringMatching(/"silent".*the backend does not tell what was left/),
    });
  });

  it('refuses stores that do not exist, and durations that are none', () => {
    expect(failing('filse')).toMatchObject({ code: 'COMPONENT_NOT_FOUND', status: 3, hint: /files/ });
    expect(failing()).toMatchObject({ code: 'OPTION_MISSING', status: 2 });
    for (const duration of ['1', 'd', '1w', '-1d', '1d2h', '1e3s', ' 1d', '٣d', '1D']) {
      expect(failing('files', `--older-than=${duration}`), duration).toMatchObject({
        code: 'ARGUMENT_INVALID',
        message: `--older-than ${JSON.stringify(duration)} is not a duration.`,
        hint: 'Write a number and its unit, s, m, h or d: --older-than=12h.',
        status: 2,
      });
    }
    expect(gc('files', '--older-than=1.5d').garbage).toEqual([]);
  });

  it('is of artifact stores alone', () => {
    const { status, stdout } = runStack(root, ['orchestrator', 'gc', 'default', '--json']);
    expect({ status, ...(JSON.parse(stdout) as object) }).toMatchObject({
      status: 2,
      error: { code: 'COMMAND_UNKNOWN' },
    });
  });
});
