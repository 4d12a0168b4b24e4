import { expect, test } from 'vitest';
import { GcsError, gcsErrorCode } from './gcs-error.ts';

function json(status: number, reason: string, message = 'It failed.'): GcsError {
  return GcsError.of(status, JSON.stringify({ error: { code: status, message, errors: [{ reason, message }] } }));
}

function xml(status: number, code: string): GcsError {
  return GcsError.of(status, `<?xml version='1.0'?><Error><Code>${code}</Code><Message>It failed.</Message></Error>`);
}

test.each([
  [json(400, 'invalid'), 'ARGUMENT_INVALID'],
  [json(400, 'invalid', 'Provided CRC32C "AAAAAA==" doesn\'t match calculated CRC32C "yZRlqg==".'), 'UNAVAILABLE'],
  [json(400, 'userProjectMissing'), 'ACCESS_DENIED'],
  [json(401, 'authError'), 'ACCESS_DENIED'],
  [json(403, 'forbidden'), 'ACCESS_DENIED'],
  [json(403, 'retentionPolicyNotMet'), 'ACCESS_DENIED'],
  [json(403, 'rateLimitExceeded'), 'THROTTLED'],
  [json(404, 'notFound'), 'NOT_FOUND'],
  [json(408, 'uploadBrokenConnection'), 'TIMEOUT'],
  [json(409, 'conflict'), 'UNAVAILABLE'],
  [json(412, 'conditionNotMet'), 'PRECONDITION_FAILED'],
  [json(429, 'rateLimitExceeded'), 'THROTTLED'],
  [json(500, 'internalError'), 'UNAVAILABLE'],
  [json(503, 'backendError'), 'UNAVAILABLE'],
  [xml(404, 'NoSuchKey'), 'NOT_FOUND'],
  [xml(404, 'NoSuchBucket'), 'ROOT_NOT_FOUND'],
  [xml(412, 'PreconditionFailed'), 'PRECONDITION_FAILED'],
  [xml(403, 'AccessDenied'), 'ACCESS_DENIED'],
  [xml(503, 'SlowDown'), 'THROTTLED'],
] as const)('%s is %s', (error, code) => {
  expect(error.message).not.toBe('');
  expect(gcsErrorCode(error)).toBe(code);
});

test('who stands between and answers something else is told by the status', () => {
  const error = GcsError.of(502, '<html>Bad Gateway</html>');
  expect(error.message).toBe('the service answers with status 502');
  expect(gcsErrorCode(error)).toBe('UNAVAILABLE');
});

test.each([
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UNAVAILABLE'],
  ['HPE_INVALID_CONSTANT', 'UNAVAILABLE'],
  ['CERT_HAS_EXPIRED', 'UNAVAILABLE'],
  ['TimeoutError', 'TIMEOUT'],
])('%s of the client is %s', (code, expected) => {
  expect(gcsErrorCode(Object.assign(new Error('failed'), { code }))).toBe(expected);
});

test('what is none of the service, and what core knows of the network, has no code', () => {
  expect(gcsErrorCode(new TypeError('wrong'))).toBeUndefined();
  expect(gcsErrorCode(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))).toBeUndefined();
  expect(gcsErrorCode('text')).toBeUndefined();
});
