import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createComponent, type SealedSecret, type SealedSecretTable, type SecretStore, StackError } from '@stack/core';
import type { MetadataStore } from '@stack/store';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asOrdinaryUser } from '../../../test/as-ordinary-user.ts';
import { openSecretStore, type Surroundings } from '../../../test/open-secret-store.ts';
import { localSecretStoreFlavor } from './flavor.ts';

let folder: string;
let keys: string;
let surroundings: Surroundings;
let store: SecretStore;
let metadata: MetadataStore;
let opened: AsyncDisposableStack;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack secrets-'));
  const project = join(folder, 'project');
  await mkdir(project);
  keys = join(folder, 'config', 'stack', 'keys');
  opened = new AsyncDisposableStack();
  const location = { file: join(project, 'stack.db') };
  surroundings = { location, project, environment: { XDG_CONFIG_HOME: join(folder, 'config') } };
  const first = await openSecretStore(surroundings);
  ({ store } = first);
  metadata = opened.use(first.metadata);
});

afterEach(async () => {
  await opened.disposeAsync();
  await rm(folder, { recursive: true });
});

/** The same store, as somebody with other surroundings has it. */
async function openWith(changes: Partial<Surroundings>): Promise<SecretStore> {
  const other = await openSecretStore({ ...surroundings, ...changes });
  opened.use(other.metadata);
  return other.store;
}

function openWithKey(key: string): Promise<SecretStore> {
  return openWith({ environment: { ...surroundings.environment, STACK_SECRETS_KEY: key } });
}

function newKey(): string {
  return randomBytes(32).toString('base64');
}

function keyFile(): string {
  return join(keys, `${store.id}.key`);
}

async function rejection(operation: Promise<unknown>): Promise<StackError> {
  const error = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (StackError.is(error)) return error;
  throw new Error(`expected a StackError, got ${String(error)}`);
}

/** Everything that needs the key of what is there fails with the code; what does not need it goes on. */
async function expectUnreadable(by: SecretStore, code: string): Promise<void> {
  const values = { password: 'another-password' };
  for (const operation of [
    () => by.get('database'),
    () => by.getMany(['database', 'missing']),
    () => by.resolve([{ name: 'database', key: 'password' }]),
    () => by.create('another', values),
    () => by.update('database', { set: values }),
    () => by.update('database', { set: values }, { dryRun: true }),
    () => by.rename('database', 'other'),
    () => by.rekey(),
    () => by.rekey({ dryRun: true }),
  ]) {
    expect(await rejection(operation()), String(operation)).toMatchObject({ code });
  }
  expect((await by.list()).map(({ name }) => name)).toEqual(['database']);
  expect(await rejection(by.get('missing'))).toMatchObject({ code: 'SECRET_NOT_FOUND' });
  expect(await by.probe()).toMatchObject({ healthy: false });
}

describe('a key file', () => {
  test('is made when the first secret is written, for its user alone, and says what it is', async () => {
    await store.list();
    await store.getMany(['database']);
    expect(await store.probe()).toMatchObject({ healthy: true });
    expect(existsSync(keys)).toBe(false);
    await store.create('database', { password: 'hunter2-password' });
    expect(await readdir(keys)).toEqual([`${store.id}.key`]);
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
    expect((await stat(keys)).mode & 0o777).toBe(0o700);
    const lines = (await readFile(keyFile(), 'utf8')).trimEnd().split('\n');
    expect(lines[0]).toContain(`secret-store "default" (local) of ${JSON.stringify(surroundings.project)}`);
    expect(lines.filter((line) => !line.startsWith('#'))).toEqual([expect.stringMatching(/^[\w+/]{43}=$/)]);
    expect(await store.probe()).toMatchObject({
      healthy: true,
      message: 'All secrets open: 1 of the project, 0 personal.',
    });
  });

  test('is not made by a dry run', async () => {
    await store.create('database', { password: 'hunter2-password' }, { dryRun: true });
    expect(existsSync(keys)).toBe(false);
  });

  test('can be given by its content, comments and all', async () => {
    await store.create('database', { password: 'hunter2-password' });
    const other = await openWithKey(await readFile(keyFile(), 'utf8'));
    await rm(keyFile());
    expect((await other.get('database')).values.password?.reveal()).toBe('hunter2-password');
  });

  test('can be named, relative to the project', async () => {
    const named = await openWith({ keyFile: '../elsewhere/team.key' });
    await named.create('database', { password: 'hunter2-password' });
    expect((await stat(join(folder, 'elsewhere', 'team.key'))).mode & 0o777).toBe(0o600);
    expect(existsSync(keys)).toBe(false);
    expect((await named.get('database')).values.password?.reveal()).toBe('hunter2-password');
  });

  test('that others can read is refused, with the command that mends it', async () => {
    await store.create('database', { password: 'hunter2-password' });
    for (const mode of [0o640, 0o604, 0o620, 0o660]) {
      await chmod(keyFile(), mode);
      const error = await rejection(store.get('database'));
      expect(error).toMatchObject({ code: 'SECRET_KEY_INVALID', hint: `chmod 600 '${keyFile()}'` });
      expect(error.message).toContain(keyFile());
    }
    await expectUnreadable(store, 'SECRET_KEY_INVALID');
    await chmod(keyFile(), 0o600);
    expect((await store.get('database')).values.password?.reveal()).toBe('hunter2-password');
  });

  test.each<[string, () => Promise<Partial<Surroundings>>]>([
    ['that is named', async () => ({ keyFile: 'team.key' })],
    [
      'in a folder that is a link into it',
      async () => {
        await mkdir(join(surroundings.project, 'inner'));
        await symlink(join(surroundings.project, 'inner'), join(folder, 'link'));
        return { environment: { XDG_CONFIG_HOME: join(folder, 'link') } };
      },
    ],
    ['in the home of the user', async () => ({ environment: { XDG_CONFIG_HOME: join(surroundings.project, '.c') } })],
    [
      'of a project that is itself behind a link',
      async () => {
        await symlink(surroundings.project, join(folder, 'alias'));
        return { project: join(folder, 'alias'), keyFile: join(surroundings.project, 'team.key') };
      },
    ],
  ])('inside the project, %s, is not made', async (_, prepare) => {
    const inside = await openWith(await prepare());
    const before = await readdir(surroundings.project, { recursive: true });
    const error = await rejection(inside.create('database', { password: 'hunter2-password' }));
    expect(error).toMatchObject({ code: 'SECRET_KEY_INVALID', message: expect.stringContaining('inside the project') });
    expect(error.hint).toMatch(/^Move it: mv .* && stack secret-store update default --key-file |^Set XDG_CONFIG_HOME/);
    expect(await readdir(surroundings.project, { recursive: true })).toEqual(before);
    expect(await inside.list()).toEqual([]);
  });

  test('inside the project is not read', async () => {
    await store.create('database', { password: 'hunter2-password' });
    await rename(keyFile(), join(surroundings.project, 'team.key'));
    const inside = await openWith({ keyFile: 'team.key' });
    await expectUnreadable(inside, 'SECRET_KEY_INVALID');
  });

  test.each([
    ['is empty', ''],
    ['holds comments alone', '# a key\n'],
    ['holds something else', 'hunter2-in-a-file\n'],
    ['holds a key that was cut off', `${newKey().slice(0, 30)}\n`],
  ])('that %s is refused, without showing it', async (_, text) => {
    await store.create('database', { password: 'hunter2-password' });
    await writeFile(keyFile(), text);
    await expectUnreadable(store, 'SECRET_KEY_INVALID');
    const printed = inspect(await rejection(store.get('database')));
    if (text.trim() !== '' && !text.startsWith('#')) expect(printed).not.toContain(text.trim());
    expect(await readFile(keyFile(), 'utf8')).toBe(text);
  });

  test('that is a folder is refused', async () => {
    await mkdir(keyFile(), { recursive: true });
    expect(await rejection(store.create('a', { key: 'some-value' }))).toMatchObject({ code: 'SECRET_KEY_INVALID' });
  });

  test('that cannot be made is ACCESS_DENIED, with another way to give a key', async () => {
    await asOrdinaryUser(folder, async () => {
      await chmod(folder, 0o500);
      const error = await rejection(store.create('database', { password: 'hunter2-password' }));
      await chmod(folder, 0o700);
      expect(error).toMatchObject({
        code: 'ACCESS_DENIED',
        message: expect.stringContaining(keyFile()),
        hint: expect.stringContaining('STACK_SECRETS_KEY='),
      });
    });
  });

  test('in the home of somebody else keeps nobody from the secrets of the project', async () => {
    const home = join(folder, 'home');
    const other = await openWith({ environment: { XDG_CONFIG_HOME: home, STACK_SECRETS_KEY: newKey() } });
    await other.create('database', { password: 'hunter2-password' });
    await other.create('mine', { password: 'my-own-password' }, { scope: 'personal' });
    await asOrdinaryUser(folder, async () => {
      await chmod(home, 0o000);
      expect((await other.get('database')).values.password?.reveal()).toBe('hunter2-password');
      expect((await other.list()).map(({ name }) => name)).toEqual(['database']);
      await chmod(home, 0o700);
    });
  });

  test('of a user without a home is that of the root, which is not there', async () => {
    const { HOME: home } = process.env;
    try {
      process.env.HOME = '';
      const homeless = await openWith({ environment: { STACK_SECRETS_KEY: newKey() } });
      await homeless.create('database', { password: 'hunter2-password' });
      expect((await homeless.get('database')).values.password?.reveal()).toBe('hunter2-password');
      expect(await homeless.list({ scope: 'personal' })).toEqual([]);
    } finally {
      process.env.HOME = home;
    }
  });
});

describe('a key that is gone', () => {
  beforeEach(async () => {
    await store.create('database', { password: 'hunter2-password' });
    await rename(keyFile(), join(folder, 'kept.key'));
  });

  test('is SECRET_KEY_MISSING, and no new one is made over what it sealed', async () => {
    await expectUnreadable(store, 'SECRET_KEY_MISSING');
    const error = await rejection(store.create('another', { password: 'hunter3-password' }));
    expect(error.message).toMatch(
      /"database" in the secret-store "default" \(local\) is sealed with the key [0-9a-f]{16}/,
    );
    expect(error.message).toContain(keyFile());
    expect(error.hint).toContain('STACK_SECRETS_KEY');
    expect(await readdir(keys)).toEqual([]);
  });

  test('can be put back', async () => {
    await rename(join(folder, 'kept.key'), keyFile());
    expect((await store.get('database')).values.password?.reveal()).toBe('hunter2-password');
  });

  test('lets secrets be deleted, and a new key be made once there are none', async () => {
    await store.delete('database');
    await store.create('database', { password: 'hunter3-password' });
    expect((await store.get('database')).values.password?.reveal()).toBe('hunter3-password');
    expect(await readFile(keyFile(), 'utf8')).not.toBe(await readFile(join(folder, 'kept.key'), 'utf8'));
  });
});

describe('STACK_SECRETS_KEY', () => {
  const [first, second] = [newKey(), newKey()];

  test('is used without a key file', async () => {
    const given = await openWithKey(first);
    await given.create('database', { password: 'hunter2-password' });
    expect(existsSync(keys)).toBe(false);
    expect((await (await openWithKey(first)).get('database')).values.password?.reveal()).toBe('hunter2-password');
  });

  test('that is another one is SECRET_KEY_WRONG, and writes nothing beside', async () => {
    await (await openWithKey(first)).create('database', { password: 'hunter2-password' });
    const other = await openWithKey(second);
    await expectUnreadable(other, 'SECRET_KEY_WRONG');
    const { message, hint } = await rejection(other.get('database'));
    expect(message).toMatch(/is sealed with the key [0-9a-f]{16}; STACK_SECRETS_KEY has [0-9a-f]{16}\.$/);
    expect(hint).toContain('stack secret rekey');
    for (const key of [first, second]) expect(message + hint).not.toContain(key.slice(0, 10));
    expect(await metadata.sealedSecrets.list({ store: store.id })).toHaveLength(1);
  });

  test('that is taken away is SECRET_KEY_MISSING', async () => {
    await (await openWithKey(first)).create('database', { password: 'hunter2-password' });
    await expectUnreadable(store, 'SECRET_KEY_MISSING');
    await expectUnreadable(await openWithKey('  '), 'SECRET_KEY_MISSING');
  });

  test('seals with the first of several, and opens with all', async () => {
    const before = await openWithKey(first);
    await before.create('database', { password: 'hunter2-password' });
    const both = await openWithKey(`${second}, ${first}`);
    await both.create('queue', { password: 'hunter3-password' });
    expect((await both.get('database')).values.password?.reveal()).toBe('hunter2-password');
    expect(await rejection(before.get('queue'))).toMatchObject({ code: 'SECRET_KEY_WRONG' });
    const { secrets, key } = await both.rekey();
    expect(secrets).toBe(2);
    const after = await openWithKey(second);
    expect((await after.getMany(['database', 'queue'])).size).toBe(2);
    expect(await rejection(before.get('database'))).toMatchObject({ message: expect.stringContaining(key ?? '?') });
  });

  test('takes over from a key file', async () => {
    await store.create('database', { password: 'hunter2-password' });
    const old = (await readFile(keyFile(), 'utf8')).trimEnd().split('\n').at(-1);
    await (await openWithKey(`${first}\n${old}`)).rekey();
    expect((await (await openWithKey(first)).get('database')).values.password?.reveal()).toBe('hunter2-password');
  });

  test.each([
    ['a password', 'correct-horse-battery-staple', 'entry 1'],
    ['a good key and a bad one', `${first},${first.slice(1)}`, 'entry 2'],
    ['two bad ones', 'one-bad-key two-bad-key', 'entry 1, entry 2'],
    ['no key at all', ', ,', 'holds no key'],
  ])('that is %s is SECRET_KEY_INVALID, without showing it', async (_, text, fault) => {
    await (await openWithKey(first)).create('database', { password: 'hunter2-password' });
    const invalid = await openWithKey(text);
    await expectUnreadable(invalid, 'SECRET_KEY_INVALID');
    const error = await rejection(invalid.get('database'));
    expect(error).toMatchObject({ message: expect.stringContaining(fault), hint: expect.stringContaining('openssl') });
    for (const entry of text.split(/[\s,]+/).filter((one) => one !== '')) {
      expect(inspect(error, { depth: 9 })).not.toContain(entry);
    }
  });
});

describe('what is in the metadata store', () => {
  async function sealed(name: string): Promise<SealedSecret> {
    const [secret] = await metadata.sealedSecrets.list({ store: store.id, names: [name] });
    if (secret === undefined) throw new Error(`no secret ${name}`);
    return secret;
  }

  /** Changes what is stored of a secret, as somebody who has the database. */
  async function tamper(name: string, values: Readonly<Record<string, string>>): Promise<void> {
    await metadata.sealedSecrets.update(await sealed(name), () => ({ values }));
  }

  beforeEach(async () => {
    await store.create('database', { user: 'the-user-name', password: 'hunter2-password' });
    await store.create('queue', { user: 'another-user', password: 'hunter3-password' });
  });

  test('shows no value, and the same value never twice alike', async () => {
    await store.create('twin', { a: 'hunter2-password', b: 'hunter2-password' });
    const texts = Object.values((await sealed('twin')).values);
    expect(new Set([...texts, (await sealed('database')).values.password]).size).toBe(3);
    await metadata[Symbol.asyncDispose]();
    const files = (await readdir(surroundings.project)).map((name) => readFile(join(surroundings.project, name)));
    const bytes = Buffer.concat(await Promise.all(files)).toString('latin1');
    expect(bytes).toContain('database');
    for (const value of ['hunter2', 'hunter3', 'the-user-name']) {
      for (const encoding of ['latin1', 'base64', 'hex'] as const) {
        expect(bytes).not.toContain(Buffer.from(value).toString(encoding).slice(0, 8));
      }
    }
  });

  test('is SECRET_DAMAGED once any character of it was changed, and never another value', async () => {
    const { values } = await sealed('database');
    const { password = '' } = values;
    const codes = new Set<string>();
    for (let index = 0; index < password.length; index++) {
      const other = password[index] === 'a' ? 'b' : 'a';
      await tamper('database', { ...values, password: password.slice(0, index) + other + password.slice(index + 1) });
      codes.add((await rejection(store.get('database'))).code);
    }
    expect([...codes]).toEqual(['SECRET_DAMAGED']);
    await tamper('database', { ...values, password: `${password}A` });
    expect(await rejection(store.get('database'))).toMatchObject({
      code: 'SECRET_DAMAGED',
      message: expect.stringContaining('{{database.password}}'),
      hint: expect.stringContaining('stack secret update database --password'),
    });
    await tamper('database', values);
    expect((await store.get('database')).values.password?.reveal()).toBe('hunter2-password');
  });

  test('is SECRET_DAMAGED when two values of a secret change places', async () => {
    const { user = '', password = '' } = (await sealed('database')).values;
    await tamper('database', { user: password, password: user });
    expect(await rejection(store.get('database'))).toMatchObject({ code: 'SECRET_DAMAGED' });
  });

  test('is SECRET_DAMAGED when it comes from another secret', async () => {
    await tamper('database', (await sealed('queue')).values);
    expect(await rejection(store.get('database'))).toMatchObject({ code: 'SECRET_DAMAGED' });
    expect((await store.get('queue')).values.password?.reveal()).toBe('hunter3-password');
  });

  test.each<[string, (row: SealedSecret) => Partial<SealedSecret>]>([
    ['under another name', () => ({ id: randomUUID(), name: 'copy' })],
    ['under another name, id and all', ({ id }) => ({ id, name: 'copy' })],
  ])('is SECRET_DAMAGED when its row is copied %s', async (_, change) => {
    const row = await sealed('database');
    await metadata.sealedSecrets.remove(row);
    await metadata.sealedSecrets.add({ ...row, ...change(row) }, () => {});
    expect(await rejection(store.get('copy'))).toMatchObject({ code: 'SECRET_DAMAGED' });
  });

  test('is SECRET_DAMAGED when the row of a person is made one of the project', async () => {
    await store.create('mine', { password: 'my-own-password' }, { scope: 'personal' });
    const row = await sealed('mine');
    const text = await readFile(join(keys, `${store.id}.personal.key`), 'utf8');
    await metadata.sealedSecrets.remove(row);
    await metadata.sealedSecrets.add({ ...row, scope: 'project', owner: '' }, () => {});
    const both = await openWithKey(`${await readFile(keyFile(), 'utf8')}\n${text}`);
    expect(await rejection(both.get('mine'))).toMatchObject({ code: 'SECRET_DAMAGED' });
    expect(await rejection(store.get('mine'))).toMatchObject({ code: 'SECRET_KEY_WRONG' });
  });

  test('is SECRET_DAMAGED when an older row takes the place of one that was deleted', async () => {
    const old = await sealed('database');
    await store.delete('database');
    await store.create('database', { password: 'hunter4-password' });
    await tamper('database', old.values);
    expect(await rejection(store.get('database'))).toMatchObject({ code: 'SECRET_DAMAGED' });
  });

  test('keeps no other secret from being read', async () => {
    await tamper('database', { password: 'nonsense' });
    expect((await store.get('queue')).values.password?.reveal()).toBe('hunter3-password');
    expect(await rejection(store.getMany(['queue', 'database']))).toMatchObject({ code: 'SECRET_DAMAGED' });
    expect(await rejection(store.rekey())).toMatchObject({ code: 'SECRET_DAMAGED' });
  });

  test('can be mended by a new value, which leaves no damaged one', async () => {
    const { values } = await sealed('database');
    await tamper('database', { ...values, password: 'nonsense' });
    const partly = store.update('database', { set: { user: 'the-new-user' } });
    expect(await rejection(partly)).toMatchObject({ code: 'SECRET_DAMAGED' });
    await store.update('database', { set: { password: 'hunter5-password' } });
    const { user, password } = (await store.get('database')).values;
    expect([user?.reveal(), password?.reveal()]).toEqual(['the-user-name', 'hunter5-password']);
    await tamper('database', { ...(await sealed('database')).values, user: 'nonsense' });
    await store.update('database', { remove: ['user'] });
    expect((await store.get('database')).keys).toEqual(['password']);
  });
});

describe('personal secrets', () => {
  const scope = 'personal' as const;
  let other: SecretStore;

  beforeEach(async () => {
    other = await openWith({ environment: { XDG_CONFIG_HOME: join(folder, 'other') } });
    await store.create('token', { key: 'the-first-token' }, { scope });
    await other.create('token', { key: 'the-other-token' }, { scope });
  });

  test('of two people in one database are those of each', async () => {
    expect((await store.get('token')).values.key?.reveal()).toBe('the-first-token');
    expect((await other.get('token')).values.key?.reveal()).toBe('the-other-token');
    expect(await store.list()).toHaveLength(1);
    await other.delete('token', { scope });
    expect(await rejection(other.get('token'))).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    expect((await store.get('token')).values.key?.reveal()).toBe('the-first-token');
  });

  test('do not depend on STACK_SECRETS_KEY', async () => {
    const given = await openWithKey(newKey());
    expect((await given.get('token')).values.key?.reveal()).toBe('the-first-token');
    await given.rekey({ scope });
    expect((await store.get('token')).values.key?.reveal()).toBe('the-first-token');
  });

  test('stay those of their owner after a rekey, and of nobody else', async () => {
    for (let count = 0; count < 3; count++) {
      expect(await store.rekey({ scope })).toMatchObject({ scope, secrets: 1 });
      expect((await store.get('token')).values.key?.reveal()).toBe('the-first-token');
      expect(await rejection(store.create('token', { key: 'again-a-token' }, { scope }))).toMatchObject({
        code: 'ALREADY_EXISTS',
      });
    }
    expect((await other.get('token')).values.key?.reveal()).toBe('the-other-token');
  });

  test('whose key is gone are nobody’s, and a new key is made beside them', async () => {
    await rm(join(keys, `${store.id}.personal.key`));
    expect(await rejection(store.get('token'))).toMatchObject({ code: 'SECRET_NOT_FOUND' });
    await store.create('token', { key: 'the-second-token' }, { scope });
    expect((await store.get('token')).values.key?.reveal()).toBe('the-second-token');
    expect((await other.get('token')).values.key?.reveal()).toBe('the-other-token');
  });
});

describe('a rekey', () => {
  test('puts a new key into the file, and forgets the old ones', async () => {
    await store.create('database', { password: 'hunter2-password' });
    const before = await readFile(keyFile(), 'utf8');
    const [row] = await metadata.sealedSecrets.list({ store: store.id });
    const { key } = await store.rekey();
    const after = await readFile(keyFile(), 'utf8');
    expect(after.split('\n')).toHaveLength(before.split('\n').length);
    expect(after).not.toBe(before);
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
    expect(await readdir(keys)).toEqual([`${store.id}.key`]);
    const [sealed] = await metadata.sealedSecrets.list({ store: store.id });
    expect(sealed?.values.password).toContain(`.${key}.`);
    expect(sealed).toEqual({ ...row, values: sealed?.values });
    await writeFile(keyFile(), before);
    expect(await rejection(store.get('database'))).toMatchObject({ code: 'SECRET_KEY_WRONG' });
  });

  test('keeps the old keys in a file that was named, since others may use it', async () => {
    const file = join(folder, 'team.key');
    const named = await openWith({ keyFile: file });
    await named.create('database', { password: 'hunter2-password' });
    const [old] = (await readFile(file, 'utf8')).trimEnd().split('\n').slice(-1);
    await named.rekey();
    await named.rekey();
    const held = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(held).toHaveLength(3);
    expect(held.at(-1)).toBe(old);
    expect((await named.get('database')).values.password?.reveal()).toBe('hunter2-password');
  });

  test('finishes what one began that was stopped, and takes away what it left', async () => {
    await store.create('database', { password: 'hunter2-password' });
    const text = await readFile(keyFile(), 'utf8');
    await writeFile(keyFile(), `${newKey()}\n${text}`);
    await writeFile(`${keyFile()}.${randomUUID()}.new`, newKey(), { mode: 0o600 });
    expect((await store.get('database')).values.password?.reveal()).toBe('hunter2-password');
    await store.rekey();
    const held = (await readFile(keyFile(), 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(held).toHaveLength(1);
    expect(await readdir(keys)).toEqual([`${store.id}.key`]);
    expect((await store.get('database')).values.password?.reveal()).toBe('hunter2-password');
  });

  test('without a secret makes a key', async () => {
    expect(await store.rekey({ dryRun: true })).toEqual({ scope: 'project', secrets: 0, key: undefined });
    expect(existsSync(keys)).toBe(false);
    expect(await store.rekey()).toMatchObject({ secrets: 0, key: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(await readdir(keys)).toEqual([`${store.id}.key`]);
  });

  test('of one secret store leaves those of another', async () => {
    const config = {};
    const { id } = await metadata.components.add({
      type: 'secret-store',
      name: 'second',
      flavor: 'local',
      configVersion: 1,
      config,
    });
    const { project: baseDirectory, environment } = surroundings;
    const overrides = { sealedSecrets: metadata.sealedSecrets, environment };
    const second = await createComponent(
      localSecretStoreFlavor,
      { id, name: 'second', config, baseDirectory },
      overrides,
    );
    await store.create('database', { password: 'hunter2-password' });
    await second.create('database', { password: 'hunter3-password' });
    await store.rekey();
    await second.rekey();
    await store.rekey();
    expect((await store.get('database')).values.password?.reveal()).toBe('hunter2-password');
    expect((await second.get('database')).values.password?.reveal()).toBe('hunter3-password');
  });
});

describe('a rekey of another process', () => {
  type Method = 'add' | 'update' | 'list';

  /** The store of a process of which others are faster: each step is done right before its query. */
  async function overtaken(...steps: readonly (readonly [Method, () => Promise<unknown>])[]): Promise<SecretStore> {
    const { sealedSecrets: table } = metadata;
    const left = [...steps];
    const overtake = async (method: Method) => {
      if (left[0]?.[0] === method) await left.shift()?.[1]();
    };
    const sealedSecrets: SealedSecretTable = {
      ...table,
      add: async (...given) => overtake('add').then(() => table.add(...given)),
      update: async (...given) => overtake('update').then(() => table.update(...given)),
      list: async (...given) => overtake('list').then(() => table.list(...given)),
    };
    const { project: baseDirectory, environment } = surroundings;
    const options = { id: store.id, name: store.name, config: {}, baseDirectory };
    return await createComponent(localSecretStoreFlavor, options, { sealedSecrets, environment });
  }

  const rekey = () => store.rekey();
  /** What a rekey does first. */
  const beginRekey = async () => writeFile(keyFile(), `${newKey()}\n${await readFile(keyFile(), 'utf8')}`);

  async function expectKept(values: Readonly<Record<string, string>>): Promise<void> {
    const found = (await store.get('database')).values;
    expect(Object.fromEntries(Object.entries(found).map(([key, secret]) => [key, secret.reveal()]))).toEqual(values);
  }

  beforeEach(rekey);

  test('just before the first secret is added leaves that to be read', async () => {
    await (await overtaken(['add', rekey])).create('database', { key: 'some-value' });
    await expectKept({ key: 'some-value' });
  });

  test('that begins before the first secret is added, and ends after that, leaves it to be read', async () => {
    await (await overtaken(['add', beginRekey], ['update', rekey])).create('database', { key: 'some-value' });
    await expectKept({ key: 'some-value' });
  });

  test('just before a further secret is added leaves that to be read', async () => {
    await store.create('other', { key: 'some-value' });
    await (await overtaken(['add', rekey], ['add', rekey])).create('database', { key: 'some-value' });
    await expectKept({ key: 'some-value' });
  });

  test('just before an update or a rename leaves both to be read', async () => {
    await store.create('first', { key: 'some-value' });
    await (await overtaken(['update', rekey])).update('first', { set: { other: 'another-value' } });
    await (await overtaken(['update', rekey])).rename('first', 'database');
    await expectKept({ key: 'some-value', other: 'another-value' });
  });

  test('just before a read lets it be read', async () => {
    await store.create('database', { key: 'some-value' });
    expect((await (await overtaken(['list', rekey], ['list', rekey])).get('database')).values.key?.reveal()).toBe(
      'some-value',
    );
  });
});

describe('by itself', () => {
  test('it says that it needs a metadata store', async () => {
    const making = createComponent(localSecretStoreFlavor, { name: 'local', config: {} });
    expect(await rejection(making)).toMatchObject({
      code: 'ARGUMENT_INVALID',
      hint: expect.stringContaining('sealedSecrets'),
    });
  });

  test('it takes no id that would be the path of another file', async () => {
    const options = { id: '../../escape', name: 'local', config: {} };
    const making = createComponent(localSecretStoreFlavor, options, { sealedSecrets: metadata.sealedSecrets });
    expect(await rejection(making)).toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  test('it shows neither key nor environment when it is printed', async () => {
    const key = newKey();
    const given = await openWithKey(key);
    await given.create('database', { password: 'hunter2-password' });
    const printed = inspect(given, { depth: 9, showHidden: true }) + JSON.stringify(given);
    expect(printed).not.toContain(key);
    expect(printed).not.toContain('hunter2-password');
  });
});
