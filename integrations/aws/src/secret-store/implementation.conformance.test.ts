import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createComponent, type SecretStore } from '@stack/core';
import { secretStoreGaps, testSecretStore } from '@stack/testkit';
import { describe, it } from 'vitest';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import { moto } from '../../../../tools/backends/moto.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import type { AwsSecretStoreConfig } from './config.ts';
import { awsSecretStoreFlavor } from './flavor.ts';

async function open(prefix: string): Promise<SecretStore> {
  const { endpoint, region, accessKeyId, secretAccessKey } = await sharedServer('moto');
  const config = { endpoint, region, accessKeyId, secretAccessKey, prefix };
  return createComponent(awsSecretStoreFlavor, { name: 'vault', config });
}

function prefixOf({ config }: SecretStore): string {
  return (config as AwsSecretStoreConfig).prefix;
}

testSecretStore(
  {
    name: 'aws secret store on moto',
    create: () => open(`test-${crypto.randomUUID()}/`),
    reopen: (store) => open(prefixOf(store)),
    plant: async (store, name, values) => {
      const { endpoint, region, accessKeyId, secretAccessKey } = await sharedServer('moto');
      const client = new SecretsManagerClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
      const secret = { Name: `${prefixOf(store)}${name}`, SecretString: JSON.stringify(values) };
      await client.send(new CreateSecretCommand(secret));
      client.destroy();
    },
    unsupported: secretStoreGaps({ personal: 'an account belongs to no one person', rekey: 'the keys are in KMS' }),
    unavailable: await whyUnavailable(moto),
  },
  { describe, it },
);
