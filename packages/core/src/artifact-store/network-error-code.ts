import type { ErrorCode } from '../errors/index.ts';
import { isError } from '../errors/is-error.ts';

const codes: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'UNAVAILABLE',
  ECONNRESET: 'UNAVAILABLE',
  ECONNABORTED: 'UNAVAILABLE',
  EPIPE: 'UNAVAILABLE',
  ENETDOWN: 'UNAVAILABLE',
  ENETUNREACH: 'UNAVAILABLE',
  EHOSTDOWN: 'UNAVAILABLE',
  EHOSTUNREACH: 'UNAVAILABLE',
  ENOTFOUND: 'UNAVAILABLE',
  EAI_AGAIN: 'UNAVAILABLE',
  ERR_STREAM_PREMATURE_CLOSE: 'UNAVAILABLE',
  UND_ERR_SOCKET: 'UNAVAILABLE',
  ETIMEDOUT: 'TIMEOUT',
  ESOCKETTIMEDOUT: 'TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'TIMEOUT',
};

/**
 * Node's HTTP parser cannot make out an answer, as where a connection has bytes left of another; or TLS cannot be begun, with
 * a server that does not speak it, or whose certificate is not trusted.
 */
const notUnderstood = /^(?:HPE_|EPROTO$|ERR_(?:SSL|TLS)_|(?:UNABLE|CERT|SELF_SIGNED|DEPTH)_)/;

/** The code for an error of Node's network, or for one that such an error is the cause of. */
export function networkErrorCode(error: unknown): ErrorCode | undefined {
  for (let depth = 0; isError(error) && depth < 5; depth++) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
    const found = notUnderstood.test(code) ? 'UNAVAILABLE' : codes[code];
    if (found !== undefined) return found;
    error = error.cause;
  }
  return undefined;
}
