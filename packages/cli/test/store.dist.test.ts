import { copyFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStack, stack, stackJson, temporaryFolder } from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;
const store = join(root, '.stack', 'stack.db');
const backup = join(root, 'backup.db');

beforeAll(() => {
  stack(root, 'init');
  stack(root, 'artifact-store', 'register', 'kept', '--flavor=local', '--path=kept');
});

afterAll(() => folder[Symbol.dispose]());

/** Overwrites bytes of a file, as no program should: at a position, or in the place of the first bytes that are there. */
function overwrite(file: string, at: number | string, bytes: Buffer | string): void {
  const content = readFileSync(file);
  Buffer.from(bytes).copy(content, typeof at === 'number' ? at : content.indexOf(at));
  writeFileSync(file, content);
}

/** Where the header of a SQLite file has these numbers of the program that made it. */
const header = { userVersion: 60, applicationId: 68 };

const artifactStores = () => stackJson<{ name: string }[]>(root, 'artifact-store', 'list').data.map(({ name }) => name);

describe('stack store, in SQLite', () => {
  it('checks a sound store, as a table and as JSON', () => {
    const { status, stdout } = runStack(root, ['store', 'check']);
    expect(status).toBe(0);
    expect(stdout).toContain(store);
    expect(stdout).toMatch(/^components +5 rows$/m);
    expect(stdout).toContain('No damage was found.');
    expect(stackJson(root, 'store', 'check')).toMatchObject({
      ok: true,
      data: { product: 'SQLite', store, rows: { components: 5, stacks: 1, runs: 0 }, problems: [] },
    });
  });

  it('backs up into a new file alone, and restores it, keeping what was there', () => {
    const words = ['store', 'backup', 'backup.db'];
    expect(stack(root, ...words)).toContain(`stack store restore ${backup}`);
    const written = readFileSync(backup);
    expect(runStack(root, words)).toMatchObject({ status: 4, stderr: expect.stringContaining('ALREADY_EXISTS') });
    expect(readFileSync(backup)).toEqual(written);

    stack(root, 'artifact-store', 'register', 'later', '--flavor=local', '--path=later');
    expect(artifactStores()).toEqual(['default', 'kept', 'later']);
    const { data } = stackJson<{ file: string; previous: string }>(root, 'store', 'restore', 'backup.db');
    expect(data.file).toBe(backup);
    expect(artifactStores()).toEqual(['default', 'kept']);
    stack(root, 'store', 'restore', data.previous);
    expect(artifactStores()).toEqual(['default', 'kept', 'later']);
  });

  const spoiled: readonly { what: string; code: string; exit: number; message: RegExp; spoil(file: string): void }[] = [
    {
      what: 'that is cut off',
      code: 'STORE_CORRUPT',
      exit: 6,
      message: /damaged|malformed|ends too early/,
      spoil: (file) => truncateSync(file, 20_000),
    },
    {
      what: 'that is a text',
      code: 'STORE_CORRUPT',
      exit: 6,
      message: /not a database/,
      spoil: (file) => writeFileSync(file, 'no database'.repeat(1000)),
    },
    {
      what: 'of another program',
      code: 'STORE_CORRUPT',
      exit: 6,
      message: /the database of another program/,
      spoil: (file) => overwrite(file, header.applicationId, Buffer.from([0, 0, 0, 1])),
    },
    {
      what: 'with a broken row',
      code: 'STORE_CORRUPT',
      exit: 6,
      message: /component/,
      spoil: (file) => overwrite(file, '{"path":', '['),
    },
    {
      what: 'of a newer version',
      code: 'STORE_TOO_NEW',
      exit: 5,
      message: /has version 9999/,
      spoil: (file) => overwrite(file, header.userVersion, Buffer.from([0, 0, 0x27, 0x0f])),
    },
  ];

  it.each(spoiled)('refuses to restore a file $what, and changes nothing', ({ code, exit, message, spoil }) => {
    const file = join(root, 'spoiled.db');
    copyFileSync(backup, file);
    spoil(file);
    const before = { names: artifactStores(), files: readdirSync(join(root, '.stack')) };
    const { status, stderr, stdout } = runStack(root, ['store', 'restore', 'spoiled.db']);
    expect({ status, stdout }).toEqual({ status: exit, stdout: '' });
    expect(stderr).toContain(code);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^hint: /m);
    expect({ names: artifactStores(), files: readdirSync(join(root, '.stack')) }).toEqual(before);
  });

  it.each(spoiled)('finds a store $what when it checks, and a backup mends it', ({ code, exit, message, spoil }) => {
    using other = temporaryFolder();
    stack(other.path, 'init');
    const file = join(other.path, '.stack', 'stack.db');
    spoil(file);
    const { status, stdout, stderr } = runStack(other.path, ['store', 'check']);
    expect(status).toBe(exit);
    expect(stderr).toContain(code);
    expect(`${stdout}${stderr}`).toMatch(message);
    const damaged = readFileSync(file);
    const { data } = stackJson<{ previous: string }>(other.path, 'store', 'restore', backup);
    expect(existsSync(data.previous)).toBe(true);
    expect(readFileSync(data.previous).length).toBe(damaged.length);
    expect(stackJson(other.path, 'store', 'check')).toMatchObject({ ok: true, data: { problems: [] } });
  });

  it('says what is missing where there is no file', () => {
    expect(stackJson(root, 'store', 'restore', 'none.db')).toMatchObject({
      error: { code: 'ARGUMENT_INVALID', message: `There is no file ${join(root, 'none.db')}.` },
    });
  });
});
