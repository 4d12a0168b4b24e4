import { StackError } from '@stack/core/errors';

/** In bytes: what files may have too. */
const maximumSize = 4 * 1024 * 1024;

/**
 * Reads standard input to its end, as UTF-8.
 *
 * @param use what it is read for, in the message
 * @throws ARGUMENT_INVALID on a terminal, which would show what is typed; for more than 4 MiB, and bytes that are no UTF-8
 */
export async function readStandardInput(use: string): Promise<string> {
  if (process.stdin.isTTY) {
    throw unusable(
      use,
      'it is a terminal, which shows what is typed',
      'Leave the "-" out, and the value is asked for.',
    );
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maximumSize) throw unusable(use, 'it has more than 4 MiB', 'Give less.');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    // The cause would have nothing to tell.
    throw unusable(use, 'it is not text in UTF-8', 'Give text; bytes can be given as base64.');
  }
}

function unusable(use: string, reason: string, hint: string): StackError {
  return new StackError({
    code: 'ARGUMENT_INVALID',
    message: `Standard input cannot be used for ${use}: ${reason}.`,
    hint,
  });
}
