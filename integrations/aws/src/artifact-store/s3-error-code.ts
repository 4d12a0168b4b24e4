import type { ErrorCode } from '@stack/core';
import { awsErrorCode } from '../connection/aws-error-code.ts';

/** The code for what a client of S3 throws, or the disk where an upload is put down; `undefined` for anything else. */
export function s3ErrorCode(error: unknown): ErrorCode | undefined {
  if (!(error instanceof Error)) return undefined;
  return (
    errorCodes[error.name] ?? ('code' in error ? errorCodes[String(error.code)] : undefined) ?? awsErrorCode(error)
  );
}

const errorCodes: Readonly<Record<string, ErrorCode>> = {
  NoSuchKey: 'NOT_FOUND',
  NotFound: 'NOT_FOUND',
  NoSuchBucket: 'ROOT_NOT_FOUND',
  InvalidBucketName: 'CONFIG_INVALID',
  // The bucket is in another region.
  PermanentRedirect: 'CONFIG_INVALID',
  AuthorizationHeaderMalformed: 'CONFIG_INVALID',
  PreconditionFailed: 'PRECONDITION_FAILED',
  InvalidAccessKeyId: 'ACCESS_DENIED',
  InvalidToken: 'ACCESS_DENIED',
  Forbidden: 'ACCESS_DENIED',
  KeyTooLongError: 'PATH_INVALID',
  XMinioInvalidObjectName: 'PATH_INVALID',
  XMinioInvalidResourceName: 'PATH_INVALID',
  EntityTooLarge: 'ARGUMENT_INVALID',
  NotImplemented: 'CAPABILITY_UNSUPPORTED',
  MethodNotAllowed: 'CAPABILITY_UNSUPPORTED',
  QuotaExceeded: 'NO_SPACE',
  XMinioStorageFull: 'NO_SPACE',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  SlowDown: 'THROTTLED',
  Throttling: 'THROTTLED',
  RequestLimitExceeded: 'THROTTLED',
  TooManyRequests: 'THROTTLED',
  // Bytes were damaged on their way; another request was at work on the same key; the clock of this machine is wrong, and
  // the SDK takes the time of the server from now on.
  BadDigest: 'UNAVAILABLE',
  XAmzContentSHA256Mismatch: 'UNAVAILABLE',
  ConditionalRequestConflict: 'UNAVAILABLE',
  OperationAborted: 'UNAVAILABLE',
  RequestTimeTooSkewed: 'UNAVAILABLE',
};
