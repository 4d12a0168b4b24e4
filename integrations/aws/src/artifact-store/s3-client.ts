import { createHash } from 'node:crypto';
import { S3, type S3ClientConfig, S3ServiceException } from '@aws-sdk/client-s3';
import { UndiciHttpHandler } from '@smithy/undici-http-handler';
import { StackError } from '@stack/core';
import { awsClientOptions } from '../connection/aws-client-options.ts';
import type { S3ArtifactStoreConfig } from './config.ts';

/** Where buckets are whose region nobody said: a server of one's own has none, and AWS tells the right one. */
const defaultRegion = 'us-east-1';

/** Connections to one host at once: as many as the SDK has by default. */
const maximumConnections = 50;

const ignore = () => {};
/**
 * Without one the SDK prints some of the errors that it throws. It is to have no `info`: the SDK would copy all of a request and of
 * its answer for that, which are never read.
 */
const silentLogger = { debug: ignore, warn: ignore, error: ignore } as NonNullable<S3ClientConfig['logger']>;

/** A client of the SDK for a config. It sends each request once. */
export async function createS3Client(
  config: S3ArtifactStoreConfig,
  requestHandler: S3ClientConfig['requestHandler'],
): Promise<S3> {
  const { checksums = config.endpoint === undefined } = config;
  const options: S3ClientConfig = {
    forcePathStyle: config.forcePathStyle ?? config.endpoint !== undefined,
    requestChecksumCalculation: checksums ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    responseChecksumValidation: checksums ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    followRegionRedirects: true,
    logger: silentLogger,
    // Else every request is put together from some thirty functions anew.
    cacheMiddleware: true,
    requestHandler: requestHandler ?? createHttpHandler(config),
    ...(await awsClientOptions(config)),
    ...config.clientOptions,
    maxAttempts: 1,
  };
  let client = new S3(options);
  const hasRegion = await client.config.region().then(
    () => true,
    () => false,
  );
  if (!hasRegion) client = new S3({ ...options, region: defaultRegion });
  if (!checksums) signRemovals(client);
  explainErrors(client);
  keepTimes(client);
  return client;
}

/** It takes half as much of the processor as Node's client does, which the SDK uses by default. */
function createHttpHandler({ connectionTimeout, requestTimeout }: S3ArtifactStoreConfig): UndiciHttpHandler {
  return new UndiciHttpHandler({
    dispatcher: {
      connections: maximumConnections,
      connect: { timeout: connectionTimeout },
      headersTimeout: requestTimeout,
      bodyTimeout: requestTimeout,
      // One connection would carry all requests, as they are small and many.
      allowH2: false,
    },
  });
}

const timesOfAnswers = new WeakMap<object, Date>();

/** When the server gave an answer, on its clock. */
export function timeOfAnswer(answer: object): Date | undefined {
  return timesOfAnswers.get(answer);
}

function keepTimes(client: S3): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers = {} } = result.response as { headers?: Record<string, string> };
      const time = new Date(headers.date ?? '');
      if (result.output !== undefined && !Number.isNaN(time.getTime())) timesOfAnswers.set(result.output, time);
      return result;
    },
    { step: 'deserialize', priority: 'high', name: 'keepTimes' },
  );
}

/** Removals of several objects need a checksum, and this one every server knows. */
function signRemovals(client: S3): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const request = args.request as { headers: Record<string, string>; body?: string };
        if (commandName === 'DeleteObjectsCommand' && request.body !== undefined) {
          for (const name of Object.keys(request.headers)) {
            if (/^x-amz-(?:checksum|sdk-checksum)-/.test(name)) delete request.headers[name];
          }
          request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
        }
        return next(args);
      },
    { step: 'build', priority: 'low', name: 'signRemovals' },
  );
}

export function noSuchBucket(bucket: string): StackError {
  return new StackError({
    code: 'ROOT_NOT_FOUND',
    message: `there is no bucket "${bucket}"`,
    hint: `Make it, or correct the path: aws s3 mb s3://${bucket}`,
  });
}

function explainErrors(client: S3): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (isUnreadable(error)) error.message = `HTTP status ${error.$metadata.httpStatusCode}, and no answer of S3`;
        if (!(error instanceof S3ServiceException)) throw error;
        if (error.name === 'NoSuchBucket') throw noSuchBucket((args.input as { Bucket: string }).Bucket);
        // Some servers give an error a code and no message, and an answer to HEAD has neither.
        if (error.message === 'UnknownError') {
          error.message = error.name === 'Unknown' ? `HTTP status ${error.$metadata.httpStatusCode}` : error.name;
        }
        throw error;
      }
    },
    { step: 'initialize', name: 'explainErrors' },
  );
}

/** Whether an answer is none of the service, but of whoever stands between. What the SDK says of it is about its form. */
function isUnreadable(error: unknown): error is Error & { readonly $metadata: { readonly httpStatusCode?: number } } {
  return error instanceof Error && '$metadata' in error && /Deserialization error/.test(error.message);
}
