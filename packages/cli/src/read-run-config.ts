import { resolve } from 'node:path';
import { parseRunConfig, type RunConfig } from '@stack/pipelines';
import { readDocument } from '@stack/project';
import type { Invocation } from './command-line/invocation.ts';

/**
 * The file that `--config` names, relative to the working directory; nothing where it is not given.
 *
 * @throws what reading the file throws
 * @throws CONFIG_INVALID or OPTION_UNKNOWN with every problem of its content
 */
export async function readRunConfig(invocation: Invocation): Promise<RunConfig> {
  const file = invocation.option('config');
  if (file === undefined) return {};
  return parseRunConfig(await readDocument(resolve(invocation.workingDirectory, file)), file);
}
