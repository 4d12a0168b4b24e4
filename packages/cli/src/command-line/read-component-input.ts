import { resolve } from 'node:path';
import { isPlainObject, type JsonObject, StackError } from '@stack/core';
import type { Option } from '@stack/core/manifest';
import { readDocument } from '@stack/project';
import type { Invocation } from './invocation.ts';
import { readOptionFiles } from './read-option-files.ts';

/** What a command line says about the config and settings of a component. */
export interface ComponentInput {
  readonly fields: JsonObject;
  readonly options: readonly Option[];
}

/**
 * Reads the file of `--config`, and the options of the flavor, `--set` among them.
 *
 * @throws CONFIG_INVALID when the file is no object of fields, and what reading files throws
 */
export async function readComponentInput(invocation: Invocation): Promise<ComponentInput> {
  const { workingDirectory, furtherOptions } = invocation;
  const options = await readOptionFiles([...furtherOptions, ...invocation.optionPairs('set')], workingDirectory);
  const file = invocation.option('config');
  if (file === undefined) return { fields: {}, options };
  const document = await readDocument(resolve(workingDirectory, file));
  if (isPlainObject(document)) return { fields: document as JsonObject, options };
  throw new StackError({
    code: 'CONFIG_INVALID',
    message: `${file} does not hold the fields of a component.`,
    hint: 'Write one line for each, e.g. maxRetries: 3',
  });
}
