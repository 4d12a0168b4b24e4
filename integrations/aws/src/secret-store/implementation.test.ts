import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { createComponent, type ErrorCode, type SecretStore } from '@stack/core';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import type { SharedServer } from '../../../../tools/backends/backends.ts';
import { moto } from '../../../../tools/backends/moto.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import { awsSecretStoreFlavor } from './flavor.ts';

const obstacle = await whyUnavailable(moto);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

/** What Secrets Manager answers to a request: an error by its name, or a result. */
type Answer = { readonly error: string; readonly status?: number } | object;
type Request = { readonly operation: string; readonly keyId: string; readonly body: Record<string, unknown> };

/**
 * A server that gives the answers of a test, and keeps what was asked: for situations that no server here can be brought
 * into, such as a token that expired. What a real server does is in the conformance suite.
 */
let server: Server;
let answer: (request: Request, response: ServerResponse) => Answer | Promise<Answer>;
let requests: Request[];

beforeEach(async () => {
  requests = [];
  server = createServer((incoming, response) => void respond(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const request: Request = {
    operation: String(incoming.headers['x-amz-target']).replace('secretsmanager.', ''),
    keyId: /Credential=([^/]+)/.exec(incoming.headers.authorization ?? '')?.[1] ?? '',
    body: JSON.parse(Buffer.concat(await incoming.toArray()).toString()),
  };
  requests.push(request);
  const given = await answer(request, response);
  const isError = 'error' in given;
  response.writeHead(isError ? ('status' in given ? Number(given.status) : 400) : 200, {
    'content-type': 'application/x-amz-json-1.1',
  });
  response.end(JSON.stringify(isError ? { __type: given.error, Message: 'as AWS says it' } : given));
}

async function createStore(config: object = {}): Promise<SecretStore> {
  const { port } = server.address() as AddressInfo;
  return createComponent(awsSecretStoreFlavor, {
    name: 'vault',
    config: {
      region: 'eu-west-1',
      endpoint: `http://127.0.0.1:${port}`,
      accessKeyId: 'AKIDTEST',
      secretAccessKey: 'a-secret-access-key',
      maxAttempts: 1,
      ...config,
    },
  });
}

describe('what AWS refuses', () => {
  test.each<[string, number, ErrorCode]>([
    ['AccessDeniedException', 400, 'ACCESS_DENIED'],
    ['ExpiredTokenException', 400, 'ACCESS_DENIED'],
    ['UnrecognizedClientException', 400, 'ACCESS_DENIED'],
    ['InvalidSignatureException', 400, 'ACCESS_DENIED'],
    ['DecryptionFailure', 400, 'ACCESS_DENIED'],
    ['ThrottlingException', 400, 'UNAVAILABLE'],
    ['InternalServiceError', 500, 'UNAVAILABLE'],
    ['SomethingNew', 503, 'UNAVAILABLE'],
    ['LimitExceededException', 400, 'NO_SPACE'],
    ['InvalidParameterException', 400, 'ARGUMENT_INVALID'],
  ])('as %s (%i) is %s', async (error, status, code) => {
    answer = () => ({ error, status });
    const store = await createStore();
    await expect(store.get('database')).rejects.toMatchObject({ code, message: expect.stringContaining('vault') });
    await expect(store.create('database', { key: 'a value' })).rejects.toMatchObject({ code });
  });

  test('is tried again as often as configured when it may pass', async () => {
    answer = () => ({ error: 'ThrottlingException' });
    const store = await createStore({ maxAttempts: 2 });
    await expect(store.get('database')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(requests).toHaveLength(2);
  });
});

describe('a server that cannot be reached', () => {
  test('is UNAVAILABLE', async () => {
    const store = await createStore();
    server.close();
    await expect(store.get('database')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('in time is TIMEOUT', async () => {
    answer = () => sleep(10_000, {}, { ref: false });
    const store = await createStore({ requestTimeout: 100 });
    await expect(store.get('database')).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('is given up at once when the caller aborts', async () => {
    answer = () => sleep(10_000, {}, { ref: false });
    const store = await createStore();
    const controller = new AbortController();
    const reading = store.get('database', { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('what is not configured', () => {
  test('comes from the environment', async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-3');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFENV');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of the environment');
    answer = () => ({ SecretString: '{"key":"a value"}', VersionId: 'v' });
    const { port } = server.address() as AddressInfo;
    const config = { endpoint: `http://127.0.0.1:${port}` };
    const store = await createComponent(awsSecretStoreFlavor, { name: 'vault', config });
    expect((await store.get('database')).values.key?.reveal()).toBe('a value');
    expect(requests[0]).toMatchObject({ keyId: 'AKIDOFENV', body: { SecretId: 'stack/database' } });
  });

  test('is ACCESS_DENIED without credentials anywhere, and CONFIG_INVALID without a region', async () => {
    const config = { endpoint: 'http://127.0.0.1:1', maxAttempts: 1 };
    const nobody = await createComponent(awsSecretStoreFlavor, { name: 'a', config: { ...config, region: 'x-1' } });
    await expect(nobody.get('database')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    const keys = { accessKeyId: 'AKID', secretAccessKey: 'a-secret-access-key' };
    const nowhere = await createComponent(awsSecretStoreFlavor, { name: 'b', config: { ...config, ...keys } });
    await expect(nowhere.get('database')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

test('two stores of one process have each its credentials', async () => {
  answer = ({ keyId }) => ({ SecretString: JSON.stringify({ key: `value of ${keyId}` }), VersionId: 'v' });
  const stores = await Promise.all(['AKIDONE', 'AKIDTWO'].map((accessKeyId) => createStore({ accessKeyId })));
  const found = await Promise.all(stores.map((store) => store.get('database')));
  expect(found.map(({ values }) => values.key?.reveal())).toEqual(['value of AKIDONE', 'value of AKIDTWO']);
});

describe('several secrets', () => {
  const names = Array.from({ length: 45 }, (_, index) => `secret_${index}`);
  const entryOf = (id: unknown) => ({ Name: id, SecretString: JSON.stringify({ key: `value ${id}` }), VersionId: 'v' });

  test('are read 20 at once, page by page', async () => {
    answer = ({ body }) => {
      const ids = body.SecretIdList as string[];
      const isFirst = body.NextToken === undefined && ids.length > 15;
      if (isFirst) return { SecretValues: ids.slice(0, 15).map(entryOf), NextToken: 'more' };
      return { SecretValues: ids.slice(ids.length > 15 ? 15 : 0).map(entryOf) };
    };
    const found = await (await createStore()).getMany(names);
    expect([...found.keys()]).toEqual(names);
    expect(requests).toHaveLength(5);
  });

  test('are read one by one by who may not do so at once', async () => {
    answer = ({ operation, body }) =>
      operation === 'BatchGetSecretValue' ? { error: 'AccessDeniedException' } : entryOf(body.SecretId);
    const store = await createStore();
    expect((await store.getMany(names)).size).toBe(names.length);
    expect((await store.getMany(names)).size).toBe(names.length);
    expect(requests.filter(({ operation }) => operation === 'BatchGetSecretValue')).toHaveLength(1);
  });

  test('are told apart from those that may not be read', async () => {
    answer = ({ body }) => {
      const [first, second, ...others] = (body.SecretIdList as string[]) ?? [];
      const errors = [
        { SecretId: first, ErrorCode: 'ResourceNotFoundException', Message: 'not there' },
        { SecretId: second, ErrorCode: 'AccessDeniedException', Message: 'not for you' },
      ];
      if (body.SecretIdList === undefined)
        return { SecretList: names.slice(0, 3).map((name) => ({ Name: `stack/${name}` })) };
      return { SecretValues: others.map(entryOf), Errors: errors };
    };
    const store = await createStore();
    await expect(store.getMany(names.slice(0, 3))).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('stack/secret_1: not for you'),
    });
    expect(await store.list()).toMatchObject([
      { name: 'secret_1', keys: [] },
      { name: 'secret_2', keys: ['key'] },
    ]);
  });
});

describe.skipIf(obstacle !== undefined)(`on moto${reason}`, () => {
  let account: SharedServer<'moto'>;
  let prefix: string;

  beforeAll(async () => {
    account = await sharedServer('moto');
  }, 60_000);

  beforeEach(() => {
    prefix = `test-${crypto.randomUUID()}/`;
  });

  function open(config: object = {}): Promise<SecretStore> {
    const { endpoint, region, accessKeyId, secretAccessKey } = account;
    const all = { endpoint, region, accessKeyId, secretAccessKey, prefix, ...config };
    return createComponent(awsSecretStoreFlavor, { name: 'vault', config: all });
  }

  function client(): SecretsManager {
    const { endpoint, region, accessKeyId, secretAccessKey } = account;
    return new SecretsManager({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  }

  test('wrong keys, and those of somebody who may do nothing, are ACCESS_DENIED beside right ones', async () => {
    const own = await open();
    await own.create('database', { key: 'a value' });
    for (const keys of [account.stranger, { secretAccessKey: 'wrong' }]) {
      const other = await open(keys);
      await expect(other.get('database')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
      await expect(other.list()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
      await expect(other.create('new', { key: 'a value' })).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
      expect(await other.probe()).toMatchObject({ healthy: false });
    }
    expect((await own.get('database')).values.key?.reveal()).toBe('a value');
    expect(await own.probe()).toMatchObject({ healthy: true });
  });

  test('a role is taken', async () => {
    const role = { roleArn: account.roleArn, roleSessionName: 'test', stsEndpoint: account.endpoint };
    const store = await open(role);
    await store.create('database', { key: 'a value' });
    expect(await store.list()).toHaveLength(1);
    const stranger = await open({ ...role, ...account.stranger });
    await expect(stranger.list()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });

  test('a secret that was made elsewhere is read, and keeps what an update does not name', async () => {
    const store = await open();
    const text = '{"host":"db","port":5432,"password":"correct horse"}';
    await client().createSecret({ Name: `${prefix}made`, SecretString: text });
    await client().createSecret({ Name: `${prefix}plain`, SecretString: 'battery staple' });
    expect((await store.get('made')).values.port?.reveal()).toBe('5432');
    expect((await store.get('plain')).values.value?.reveal()).toBe('battery staple');
    await store.update('made', { set: { password: 'battery staple' } });
    const { SecretString } = await client().getSecretValue({ SecretId: `${prefix}made` });
    expect(SecretString).toBe('{"host":"db","port":5432,"password":"battery staple"}');
  });

  test('new secrets have the tags of the config', async () => {
    const store = await open({ tags: { team: 'data' } });
    await store.create('database', { key: 'a value' });
    const { Tags } = await client().describeSecret({ SecretId: `${prefix}database` });
    expect(Tags).toEqual([{ Key: 'team', Value: 'data' }]);
  });

  test.each([
    [{}, 30],
    [{ recoveryWindowInDays: 7 }, 7],
  ])('with %j, a deleted secret can be restored for %i days', async (config, days) => {
    const store = await open(config);
    await store.create('database', { key: 'a value' });
    await store.delete('database');
    await expect(store.delete('database')).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' });
    await expect(store.update('database', { set: { key: 'another' } })).rejects.toMatchObject({
      code: 'SECRET_NOT_FOUND',
    });
    const { DeletedDate } = await client().describeSecret({ SecretId: `${prefix}database` });
    expect((Number(DeletedDate) - Date.now()) / 86_400_000).toBeCloseTo(days, 1);
    await store.create('database', { key: 'new value' });
    const { SecretString } = await client().getSecretValue({
      SecretId: `${prefix}database`,
      VersionStage: 'AWSPREVIOUS',
    });
    expect(SecretString).toBe('{"key":"a value"}');
  });

  test('with forceDeleteWithoutRecovery it is gone at once', async () => {
    const store = await open({ forceDeleteWithoutRecovery: true });
    await store.create('database', { key: 'a value' });
    const deleting = await Promise.allSettled([store.delete('database'), store.delete('database')]);
    expect(deleting.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(client().describeSecret({ SecretId: `${prefix}database` })).rejects.toThrow();
    await store.create('database', { key: 'a value' });
    await store.rename('database', 'new');
    await expect(client().describeSecret({ SecretId: `${prefix}database` })).rejects.toThrow();
  });
});

test('a secret of bytes is CAPABILITY_UNSUPPORTED', async () => {
  answer = () => ({ SecretBinary: 'AAAA', VersionId: 'v' });
  await expect((await createStore()).get('database')).rejects.toMatchObject({ code: 'CAPABILITY_UNSUPPORTED' });
});

test('a rename takes along what was changed in its midst', async () => {
  const versions = ['v1', 'v2'];
  let current = 0;
  answer = ({ operation, body }) => {
    const isOld = body.SecretId === 'stack/old';
    // Another program changes the secret after it was copied, and before it is deleted.
    if (operation === 'CreateSecret') current = 1;
    if (operation === 'DescribeSecret') return { VersionIdsToStages: { [versions[current] ?? '']: ['AWSCURRENT'] } };
    if (operation === 'PutSecretValue') return { VersionStages: ['AWSCURRENT'] };
    if (operation !== 'GetSecretValue') return {};
    return {
      SecretString: `{"key":"value ${isOld ? current : 'copied'}"}`,
      VersionId: isOld ? versions[current] : 'n1',
    };
  };
  await (await createStore()).rename('old', 'new');
  const writes = requests.filter(({ operation }) => /^(?:Create|Put|Delete|Restore)/.test(operation));
  expect(writes.map(({ operation, body }) => [operation, body.SecretString])).toEqual([
    ['CreateSecret', '{"key":"value 0"}'],
    ['DeleteSecret', undefined],
    ['RestoreSecret', undefined],
    ['PutSecretValue', '{"key":"value 1"}'],
    ['DeleteSecret', undefined],
  ]);
});

test('a version that was made current again, by hand, can be updated', async () => {
  const taken: unknown[] = [];
  answer = ({ operation, body }) => {
    if (operation !== 'PutSecretValue') return { SecretString: '{"key":"a value"}', VersionId: 'v' };
    taken.push(body.ClientRequestToken);
    // The successor that it had is there: with another text, and then with the same one.
    if (taken.length === 1) return { error: 'ResourceExistsException' };
    return { VersionStages: taken.length === 2 ? ['AWSPREVIOUS'] : ['AWSCURRENT'] };
  };
  await (await createStore()).update('database', { set: { key: 'another' } });
  expect(new Set(taken).size).toBe(3);
});

test('an update beside others that never ends well is given up', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  answer = ({ operation }) =>
    operation === 'PutSecretValue'
      ? { error: 'ResourceExistsException' }
      : { SecretString: '{"key":"a value"}', VersionId: `v${requests.length}` };
  const updating = (await createStore()).update('database', { set: { key: 'another' } });
  await expect(updating).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('50 times') });
  vi.restoreAllMocks();
});
