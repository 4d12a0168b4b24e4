import { isUtf8 } from 'node:buffer';

/** Bytes as JSON has them: text where they are UTF-8. */
export function contentText(bytes: Buffer): { readonly encoding: 'utf8' | 'base64'; readonly content: string } {
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return { encoding, content: bytes.toString(encoding) };
}
