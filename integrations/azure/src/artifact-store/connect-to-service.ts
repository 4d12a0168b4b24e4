import type { TokenCredential } from '@azure/identity';
import {
  AnonymousCredential,
  BlobServiceClient,
  newPipeline,
  type StoragePipelineOptions,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { StackError } from '@stack/core';
import { type AzureArtifactStoreConfig, parseBlobPath } from './config.ts';

/** What `createComponent` takes as `overrides`. */
export interface AzureOverrides {
  /** Goes before the credentials of the config. */
  readonly credential?: TokenCredential | undefined;
  /** Goes before `clientOptions`. */
  readonly pipelineOptions?: StoragePipelineOptions | undefined;
}

/** The client of the account, which sends nothing yet. */
export async function connectToService(
  config: AzureArtifactStoreConfig,
  { credential, pipelineOptions }: AzureOverrides,
): Promise<BlobServiceClient> {
  const options: StoragePipelineOptions = {
    ...config.clientOptions,
    ...pipelineOptions,
    // The base class does it.
    retryOptions: { maxTries: 1 },
  };
  if (config.connectionString !== undefined) return fromConnectionString(config.connectionString.reveal(), options);
  const path = parseBlobPath(config.path);
  const accountName = config.accountName ?? path?.accountName ?? '';
  const endpoint = config.endpoint ?? path?.endpoint ?? `https://${accountName}.blob.core.windows.net`;
  if (credential !== undefined) return new BlobServiceClient(endpoint, newPipeline(credential, options));
  if (config.accountKey !== undefined) {
    const sharedKey = new StorageSharedKeyCredential(accountName, config.accountKey.reveal());
    return new BlobServiceClient(endpoint, newPipeline(sharedKey, options));
  }
  if (config.sasToken !== undefined) {
    const signed = `${endpoint}?${config.sasToken.reveal().replace(/^\?/, '')}`;
    return new BlobServiceClient(signed, newPipeline(new AnonymousCredential(), options));
  }
  return new BlobServiceClient(endpoint, newPipeline(await tokenCredential(config), options));
}

function fromConnectionString(connectionString: string, options: StoragePipelineOptions): BlobServiceClient {
  try {
    return BlobServiceClient.fromConnectionString(connectionString, options);
  } catch {
    // What the SDK says may hold parts of it.
    throw new StackError({
      code: 'CONFIG_INVALID',
      message: 'the connectionString is none of Azure Storage',
      hint: 'Copy it anew: it begins with DefaultEndpointsProtocol=... or BlobEndpoint=...',
    });
  }
}

async function tokenCredential({
  tenantId,
  clientId,
  clientSecret,
  managedIdentityClientId,
}: AzureArtifactStoreConfig): Promise<TokenCredential> {
  // It is large, and who has a key or a signature never needs it.
  const { ClientSecretCredential, DefaultAzureCredential } = await import('@azure/identity');
  if (clientSecret !== undefined && clientId !== undefined && tenantId !== undefined) {
    // The base class asks again for a token.
    const options = { retryOptions: { maxRetries: 0 } };
    return new ClientSecretCredential(tenantId, clientId, clientSecret.reveal(), options);
  }
  return new DefaultAzureCredential({
    ...(tenantId !== undefined && { tenantId }),
    ...(managedIdentityClientId !== undefined && { managedIdentityClientId }),
  });
}
