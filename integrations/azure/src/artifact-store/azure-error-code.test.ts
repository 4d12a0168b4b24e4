import { AuthenticationError } from '@azure/identity';
import { RestError } from '@azure/storage-blob';
import { expect, test } from 'vitest';
import { azureErrorCode, serviceCodeOf } from './azure-error-code.ts';

test.each([
  ['BlobNotFound', 404, 'NOT_FOUND'],
  ['ContainerNotFound', 404, 'ROOT_NOT_FOUND'],
  ['BlobAlreadyExists', 409, 'ALREADY_EXISTS'],
  ['ConditionNotMet', 412, 'PRECONDITION_FAILED'],
  ['AuthorizationPermissionMismatch', 403, 'ACCESS_DENIED'],
  ['NoAuthenticationInformation', 401, 'ACCESS_DENIED'],
  ['BlobArchived', 409, 'CAPABILITY_UNSUPPORTED'],
  ['LeaseIdMissing', 412, 'ACCESS_DENIED'],
  ['ServerBusy', 503, 'THROTTLED'],
  ['OperationTimedOut', 500, 'TIMEOUT'],
  ['InternalError', 500, 'UNAVAILABLE'],
  ['InvalidHeaderValue', 400, 'ARGUMENT_INVALID'],
  [undefined, 429, 'THROTTLED'],
  [undefined, 502, 'UNAVAILABLE'],
  ['REQUEST_SEND_ERROR', undefined, 'UNAVAILABLE'],
] as const)('%s with status %s is %s', (code, statusCode, expected) => {
  const error = new RestError('failed', { ...(code && { code }), ...(statusCode && { statusCode }) });
  expect(azureErrorCode(error)).toBe(expected);
});

test.each([
  [400, 'ACCESS_DENIED'],
  [401, 'ACCESS_DENIED'],
  [429, 'THROTTLED'],
  [503, 'UNAVAILABLE'],
])('an answer with status %i of who gives tokens is %s', (status, expected) => {
  expect(azureErrorCode(new AuthenticationError(status, 'no token'))).toBe(expected);
});

test('the code of an answer without a body is taken from its header', () => {
  const error = Object.assign(new RestError('', { statusCode: 404 }), { details: { errorCode: 'ContainerNotFound' } });
  expect(serviceCodeOf(error)).toBe('ContainerNotFound');
  expect(azureErrorCode(error)).toBe('ROOT_NOT_FOUND');
});

test('what is none of the SDK, and what the network threw, has no code', () => {
  expect(azureErrorCode(new TypeError('wrong'))).toBeUndefined();
  expect(azureErrorCode(new RestError('refused', { code: 'ECONNREFUSED' }))).toBeUndefined();
  expect(azureErrorCode('text')).toBeUndefined();
});
