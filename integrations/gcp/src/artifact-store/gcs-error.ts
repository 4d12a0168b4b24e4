import type { ErrorCode } from '@stack/core';

/** An answer of Cloud Storage that is no success. */
export class GcsError extends Error {
  readonly status: number;
  /** What the service calls it: `errors[0].reason` of the JSON API, `Code` of the XML API. */
  readonly reason: string | undefined;

  constructor(status: number, reason: string | undefined, message: string) {
    super(message);
    this.name = 'GcsError';
    this.status = status;
    this.reason = reason;
  }

  /** @param body of the answer: JSON, XML, or text of whoever stands between */
  static of(status: number, body: string): GcsError {
    const { reason, message = `the service answers with status ${status}` } = ofJson(body) ?? ofXml(body);
    return new GcsError(status, reason, message);
  }
}

type Explanation = { readonly reason?: string | undefined; readonly message?: string | undefined };

function ofJson(body: string): Explanation | undefined {
  try {
    const { error } = JSON.parse(body) as { error: { message?: string; errors?: [{ reason?: string }] } };
    return { reason: error.errors?.[0].reason, message: error.message };
  } catch {
    return undefined;
  }
}

function ofXml(body: string): Explanation {
  const element = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(body)?.[1];
  return { reason: element('Code'), message: element('Message') };
}

/** The code for what a request to Google throws; `undefined` for what is of nobody's making here, or has no answer. */
export function gcsErrorCode(error: unknown): ErrorCode | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof GcsError && isDamage(error)) return 'UNAVAILABLE';
  const { code, reason, status } = error as Partial<Record<'code' | 'reason' | 'status', unknown>>;
  const known = errorCodes[String(reason)] ?? errorCodes[String(code)];
  if (known !== undefined) return known;
  if (typeof status === 'number') return statusCodes[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'ARGUMENT_INVALID');
  return unreachable.test(String(code)) ? 'UNAVAILABLE' : undefined;
}

/** Whether bytes were damaged on their way. */
function isDamage({ status, message }: GcsError): boolean {
  return status === 400 && /\b(?:crc32c|md5)\b.*\bmatch/i.test(message);
}

/** Codes of Node and of the HTTP client where no answer came, or none that can be understood. */
const unreachable = /^(?:HPE_\w+|UND_ERR_RES\w+|ERR_(?:SSL|TLS)_\w+|(?:UNABLE|CERT|SELF_SIGNED|DEPTH)_\w+)/;

/** By the reason of the service, or the code of the client. */
const errorCodes: Readonly<Record<string, ErrorCode>> = {
  NoSuchKey: 'NOT_FOUND',
  NoSuchBucket: 'ROOT_NOT_FOUND',
  PreconditionFailed: 'PRECONDITION_FAILED',
  // Some of these come with status 403.
  rateLimitExceeded: 'THROTTLED',
  userRateLimitExceeded: 'THROTTLED',
  SlowDown: 'THROTTLED',
  userProjectMissing: 'ACCESS_DENIED',
  UserProjectMissing: 'ACCESS_DENIED',
  BadDigest: 'UNAVAILABLE',
  TimeoutError: 'TIMEOUT',
};

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  401: 'ACCESS_DENIED',
  403: 'ACCESS_DENIED',
  404: 'NOT_FOUND',
  408: 'TIMEOUT',
  // Another request is at work on the same object.
  409: 'UNAVAILABLE',
  412: 'PRECONDITION_FAILED',
  429: 'THROTTLED',
};
