import {
  createComponent,
  createEnvironmentSecretResolver,
  resolveSecretReferences,
  type SecretStore,
} from '@stack/core';
import { expect, test, vi } from 'vitest';
import { envSecretStoreFlavor } from './flavor.ts';

function open(environment?: NodeJS.ProcessEnv): Promise<SecretStore> {
  const overrides = environment === undefined ? {} : { environment };
  return createComponent(envSecretStoreFlavor, { name: 'environment', config: {} }, overrides);
}

const environment = {
  STACK_SECRET_DB__PASSWORD: 'hunter2-password',
  STACK_SECRET_DB__USER: 'the-user-name',
  STACK_SECRET_MY_DB__PASS_WORD: 'hunter3-password',
  STACK_SECRET_A__B__C: 'value-of-a-b-c',
  STACK_SECRET_Q___KEY: 'value-of-a-key',
  STACK_SECRET_UNSET__KEY: undefined,
  STACK_SECRET_NO_KEY: 'no-secret-at-all',
  STACK_SECRET___KEY: 'no-secret-at-all',
  STACK_SECRETS_KEY: 'no-secret-at-all',
  stack_secret_lower__case: 'no-secret-at-all',
  PATH: '/usr/bin',
};

test('every reference means the variable that it means to the resolver of the environment', async () => {
  const store = await open(environment);
  const names = ['db', 'DB', 'Db', 'my-db', 'my_db', 'MY-db', 'a', 'a__b', 'a-_b', 'A__b', 'q', 'q_', 'unset', 'no'];
  const keys = [
    'password',
    'PASSWORD',
    'user',
    'pass_word',
    'pass-word',
    'pass.word',
    'b__c',
    'c',
    '_key',
    'key',
    'b.-c',
  ];
  const references = names.flatMap((name) => keys.map((key) => ({ name, key })));
  const expected = await createEnvironmentSecretResolver(environment).resolve(references);
  const found = (await store.resolve(references)).map((secret) => secret?.reveal());
  expect(found).toEqual(expected);
  expect(found.filter((value) => value !== undefined).length).toBeGreaterThan(20);
});

test('what the environment has is listed in lower case, the name up to the first double _', async () => {
  const store = await open(environment);
  expect((await store.list()).map(({ name, keys }) => ({ name, keys }))).toEqual([
    { name: 'a', keys: ['b__c'] },
    { name: 'db', keys: ['password', 'user'] },
    { name: 'my_db', keys: ['pass_word'] },
    { name: 'q', keys: ['_key'] },
  ]);
  for (const { name, keys } of await store.list()) expect((await store.get(name)).keys).toEqual(keys);
});

test('the variables are those of the process, as they are at the moment', async () => {
  const store = await open();
  expect((await store.getMany(['late'])).size).toBe(0);
  vi.stubEnv('STACK_SECRET_LATE__KEY', 'set-later-on');
  try {
    expect((await store.get('late')).values.key?.reveal()).toBe('set-later-on');
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a variable that holds a reference is refused, and told by its secret and key', async () => {
  const store = await open({ STACK_SECRET_DB__PASSWORD: '{{other.key}}' });
  await expect(store.get('db')).rejects.toMatchObject({
    code: 'SECRET_REFERENCE_INVALID',
    message: expect.stringContaining('{{db.password}} in the secret-store "environment" (env)'),
  });
});

test('a variable that is too short to be masked resolves, with a warning', async () => {
  const store = await open({ STACK_SECRET_PIN__OF_ENV: '4711', STACK_SECRET_EMPTY__OF_ENV: '' });
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    const resolver = {
      resolve: async (references: Parameters<SecretStore['resolve']>[0]) =>
        (await store.resolve(references)).map((secret) => secret?.reveal()),
      describeMissing: () => 'Set it.',
    };
    const input = { pin: '{{pin.of_env}}', empty: '{{empty.of_env}}' };
    expect(await resolveSecretReferences(input, resolver)).toEqual({ pin: '4711', empty: '' });
    expect(emitWarning.mock.calls.map(([text]) => text)).toEqual([
      expect.stringContaining('{{pin.of_env}} has under 6 characters'),
      expect.stringContaining('{{empty.of_env}} has under 6 characters'),
    ]);
  } finally {
    emitWarning.mockRestore();
  }
});
