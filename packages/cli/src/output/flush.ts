/** Resolves when all that was written to the stream is taken, or when nobody reads it any more. */
export function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
