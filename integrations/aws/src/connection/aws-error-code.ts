import type { ErrorCode } from '@stack/core';

/** The code for what a client of the SDK throws, whatever the service; `undefined` for what is none of its errors. */
export function awsErrorCode(error: unknown): ErrorCode | undefined {
  if (!(error instanceof Error)) return undefined;
  // It has no name of its own.
  if (error.message === 'Region is missing') return 'CONFIG_INVALID';
  // Those of the network come first: the SDK calls a connection that broke a TimeoutError or a RequestTimeout.
  const known = ('code' in error ? errorCodes[String(error.code)] : undefined) ?? errorCodes[error.name];
  if (known !== undefined) return known;
  const status = statusOf(error);
  if (status === undefined) return isOfNetwork(error) ? 'UNAVAILABLE' : undefined;
  if (status === 401 || status === 403) return 'ACCESS_DENIED';
  if (status === 404) return 'NOT_FOUND';
  if (status === 408) return 'TIMEOUT';
  return status === 429 || status >= 500 ? 'UNAVAILABLE' : 'ARGUMENT_INVALID';
}

/** By the name of an error of a service, or the code of one of the network. */
const errorCodes: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: 'ACCESS_DENIED',
  AccessDeniedException: 'ACCESS_DENIED',
  CredentialsProviderError: 'ACCESS_DENIED',
  TokenProviderError: 'ACCESS_DENIED',
  ExpiredToken: 'ACCESS_DENIED',
  ExpiredTokenException: 'ACCESS_DENIED',
  IncompleteSignature: 'ACCESS_DENIED',
  IncompleteSignatureException: 'ACCESS_DENIED',
  InvalidClientTokenId: 'ACCESS_DENIED',
  InvalidSignatureException: 'ACCESS_DENIED',
  MissingAuthenticationToken: 'ACCESS_DENIED',
  MissingAuthenticationTokenException: 'ACCESS_DENIED',
  OptInRequired: 'ACCESS_DENIED',
  RequestExpired: 'ACCESS_DENIED',
  SignatureDoesNotMatch: 'ACCESS_DENIED',
  UnrecognizedClientException: 'ACCESS_DENIED',
  // Of the key that encrypts, which is disabled, gone, or not for these credentials.
  DecryptionFailure: 'ACCESS_DENIED',
  EncryptionFailure: 'ACCESS_DENIED',
  LimitExceededException: 'NO_SPACE',
  ProvisionedThroughputExceededException: 'UNAVAILABLE',
  RequestLimitExceeded: 'UNAVAILABLE',
  SlowDown: 'UNAVAILABLE',
  Throttling: 'UNAVAILABLE',
  ThrottlingException: 'UNAVAILABLE',
  TooManyRequestsException: 'UNAVAILABLE',
  RequestTimeout: 'TIMEOUT',
  RequestTimeoutException: 'TIMEOUT',
  TimeoutError: 'TIMEOUT',
  ETIMEDOUT: 'TIMEOUT',
  ECONNRESET: 'UNAVAILABLE',
  EPIPE: 'UNAVAILABLE',
  UND_ERR_SOCKET: 'UNAVAILABLE',
  // The store was disposed meanwhile.
  UND_ERR_DESTROYED: 'ABORTED',
};

function statusOf(error: Error): number | undefined {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return metadata?.httpStatusCode;
}

/** Whether Node could not reach or understand the server: such errors carry a code. */
function isOfNetwork(error: Error): boolean {
  return (
    'code' in error &&
    /^(?:E[A-Z]+|UND_ERR_RES\w+|HPE_\w+|ERR_(?:SSL|TLS)_\w+|(?:UNABLE|CERT|SELF_SIGNED|DEPTH)_\w+)/.test(
      String(error.code),
    )
  );
}
