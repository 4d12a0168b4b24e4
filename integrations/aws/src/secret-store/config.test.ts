import { checkConfig, configJsonSchema } from '@stack/core';
import { expect, test } from 'vitest';
import { awsSecretStoreConfigSchema } from './config.ts';

function problemsOf(config: object): string[] {
  return checkConfig(awsSecretStoreConfigSchema, config).map(({ path, message }) => `${path}: ${message}`);
}

test('a config need not say anything', () => {
  expect(problemsOf({})).toEqual([]);
  expect(awsSecretStoreConfigSchema.parse({})).toMatchObject({ prefix: 'stack/', forceDeleteWithoutRecovery: false });
});

test('fields that do not go together are told all at once', () => {
  const config = {
    accessKeyId: 'AKIA',
    profile: 'prod',
    externalId: 'x',
    recoveryWindowInDays: 7,
    forceDeleteWithoutRecovery: true,
  };
  expect(problemsOf(config)).toEqual([
    'secretAccessKey: is missing: accessKeyId is set',
    'roleArn: is missing: externalId is set',
    'profile: cannot be set beside accessKeyId: credentials come from one of them',
    'recoveryWindowInDays: cannot be set beside forceDeleteWithoutRecovery',
  ]);
});

test('a reference is as good as a value', () => {
  expect(
    problemsOf({ accessKeyId: '{{aws.id}}', secretAccessKey: '{{aws.key}}', sessionToken: '{{aws.token}}' }),
  ).toEqual([]);
});

test.each([
  { prefix: 'a b' },
  { prefix: 'arn:aws' },
  { recoveryWindowInDays: 3 },
  { endpoint: 'ftp://host' },
  { endpoint: 'host' },
  { regoin: 'x' },
])('%j is refused', (config) => {
  expect(problemsOf(config)).toHaveLength(1);
});

test('keys and tokens are secret, and no problem shows them', () => {
  const schema = JSON.stringify(configJsonSchema(awsSecretStoreConfigSchema));
  expect(schema).toContain('"secret":true');
  const problems = problemsOf({ secretAccessKey: 'my-key', sessionToken: 'my-token' });
  expect(problems).toHaveLength(2);
  expect(problems.join()).not.toMatch(/my-(?:key|token)/);
});
