import type { ErrorCode } from '@stack/core';

/** The code for what a client of the SDK throws; `undefined` for what is none of its errors, or has no answer. */
export function azureErrorCode(error: unknown): ErrorCode | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = 'statusCode' in error ? error.statusCode : undefined;
  // Who gives tokens is down, or asked too often: that says nothing of the credentials.
  if (error.name === 'AuthenticationError' && typeof status === 'number' && status >= 429) {
    return statusCodes[status] ?? 'UNAVAILABLE';
  }
  const known = errorCodes[serviceCodeOf(error) ?? error.name];
  if (known !== undefined) return known;
  // A body that ended too early.
  if (error.message.startsWith('Data corruption failure')) return 'UNAVAILABLE';
  if (error.name !== 'RestError' || typeof status !== 'number') return undefined;
  return statusCodes[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'ARGUMENT_INVALID');
}

/** What the service calls an error, e.g. `BlobNotFound`; an answer without a body has it as a header. */
export function serviceCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'RestError') return undefined;
  const { code, details } = error as { code?: unknown; details?: unknown };
  const { errorCode } = (typeof details === 'object' && details !== null ? details : {}) as { errorCode?: unknown };
  return [code, errorCode].find((candidate) => typeof candidate === 'string');
}

/** By the code of the service, the SDK or the operating system, or by the name of an error. */
const errorCodes: Readonly<Record<string, ErrorCode>> = {
  BlobNotFound: 'NOT_FOUND',
  ContainerNotFound: 'ROOT_NOT_FOUND',
  ContainerBeingDeleted: 'ROOT_NOT_FOUND',
  ContainerDisabled: 'ROOT_NOT_FOUND',
  BlobAlreadyExists: 'ALREADY_EXISTS',
  ConditionNotMet: 'PRECONDITION_FAILED',
  TargetConditionNotMet: 'PRECONDITION_FAILED',
  PublicAccessNotPermitted: 'ACCESS_DENIED',
  NoAuthenticationInformation: 'ACCESS_DENIED',
  InvalidAuthenticationInfo: 'ACCESS_DENIED',
  // Someone holds a lease on the blob, or a policy forbids to change it.
  LeaseIdMissing: 'ACCESS_DENIED',
  BlobImmutableDueToPolicy: 'ACCESS_DENIED',
  BlobImmutableDueToLegalHold: 'ACCESS_DENIED',
  // Of the credentials of @azure/identity, which have no code.
  AuthenticationError: 'ACCESS_DENIED',
  AuthenticationRequiredError: 'ACCESS_DENIED',
  AggregateAuthenticationError: 'ACCESS_DENIED',
  CredentialUnavailableError: 'ACCESS_DENIED',
  // An archived blob cannot be read before someone rehydrates it.
  BlobArchived: 'CAPABILITY_UNSUPPORTED',
  BlobBeingRehydrated: 'CAPABILITY_UNSUPPORTED',
  // The key is that of an append or page blob, which cannot be written or copied over.
  InvalidBlobType: 'CAPABILITY_UNSUPPORTED',
  Md5Mismatch: 'INTEGRITY',
  Crc64Mismatch: 'INTEGRITY',
  ServerBusy: 'THROTTLED',
  OperationTimedOut: 'TIMEOUT',
  // The answer is cut short.
  PARSE_ERROR: 'UNAVAILABLE',
  REQUEST_SEND_ERROR: 'UNAVAILABLE',
  AbortError: 'UNAVAILABLE',
  // The source of a copy changed since it was looked at, so that it may be done again.
  SourceConditionNotMet: 'UNAVAILABLE',
};

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  401: 'ACCESS_DENIED',
  403: 'ACCESS_DENIED',
  404: 'NOT_FOUND',
  408: 'TIMEOUT',
  412: 'PRECONDITION_FAILED',
  429: 'THROTTLED',
};
