import { hasMaskedValues, SecretMaskStream } from '@stack/core/secrets';

/** Masks secrets in what modules and components print by themselves, until the returned function is called. */
export function maskPrinted(): () => void {
  const restore = [process.stdout, process.stderr].map(maskStream);
  return () => {
    for (const undo of restore) undo();
  };
}

function maskStream(stream: NodeJS.WriteStream): () => void {
  const write = stream.write;
  const masker = new SecretMaskStream();
  const masked = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    // Then bytes need not be a text.
    if (!hasMaskedValues()) return Reflect.apply(write, stream, [chunk, ...rest]);
    const [encoding] = rest;
    const isText = typeof chunk !== 'string' || typeof encoding !== 'string' || /^utf-?8$/i.test(encoding);
    const text = masker.push(isText ? chunk : Buffer.from(chunk, encoding as BufferEncoding));
    return Reflect.apply(write, stream, [text, ...rest.filter((argument) => typeof argument === 'function')]);
  };
  stream.write = masked as typeof write;
  return () => {
    stream.write = write;
    const held = masker.end();
    if (held !== '') stream.write(held);
  };
}
