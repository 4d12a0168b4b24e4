import { createHash } from 'node:crypto';
import type { Signer } from './authorization.ts';

export interface SignedUrlOptions {
  readonly method: 'GET' | 'PUT';
  /** The URL of the object, without a query. */
  readonly url: URL;
  readonly signer: Signer;
  readonly signedAt: Date;
  /** Seconds. */
  readonly expiresIn: number;
}

/** A URL by which anyone may do one thing with one object: version 4 of Google's signatures. */
export async function signUrl({ method, url, signer, signedAt, expiresIn }: SignedUrlOptions): Promise<string> {
  const time = signedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
  // In the order of their names, as they are signed.
  const query = Object.entries({
    'X-Goog-Algorithm': 'GOOG4-RSA-SHA256',
    'X-Goog-Credential': `${signer.email}/${scope}`,
    'X-Goog-Date': time,
    'X-Goog-Expires': String(expiresIn),
    'X-Goog-SignedHeaders': 'host',
  })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const request = [method, url.pathname, query, `host:${url.host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const digest = createHash('sha256').update(request).digest('hex');
  const signature = await signer.sign(['GOOG4-RSA-SHA256', time, scope, digest].join('\n'));
  return `${url.href}?${query}&X-Goog-Signature=${Buffer.from(signature, 'base64').toString('hex')}`;
}
