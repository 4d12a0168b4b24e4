import { resolve } from 'node:path';
import { StackError } from '@stack/core/errors';
import type { Option } from '@stack/core/manifest';
import { readTextFile } from '@stack/project';

/**
 * Options with the values that are `@FILE` replaced by what is in the file, relative to the working directory, without
 * the line break at its end. A value that begins with `@@` begins with `@`.
 *
 * @throws FILE_NOT_FOUND, ACCESS_DENIED, ARGUMENT_INVALID when it is no text file
 */
export function readOptionFiles(options: readonly Option[], workingDirectory: string): Promise<readonly Option[]> {
  return Promise.all(
    options.map(async ([name, value]): Promise<Option> => {
      if (value === true || !value.startsWith('@')) return [name, value];
      if (value.startsWith('@@')) return [name, value.slice(1)];
      const text = await readTextFile(resolve(workingDirectory, value.slice(1))).catch((error: unknown) => {
        if (!StackError.is(error, 'FILE_NOT_FOUND')) throw error;
        const { code, message } = error;
        const hint = `For a value that begins with @, write --${name}=@${value}`;
        throw new StackError({ code, message: `--${name}: ${message}`, hint, cause: error });
      });
      return [name, text.replace(/\r?\n$/, '')];
    }),
  );
}
