import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isPlainObject, type JsonObject, StackError } from '@stack/core';
import type { ModuleLoader } from '../modules/module-loader.ts';
import { readDocument } from './read-document.ts';
import type { StackInput } from './stack-document.ts';

/** The file of a stack, read and not yet checked. */
export interface StackFile {
  /** The absolute path. */
  readonly file: string;
  readonly input: StackInput | JsonObject;
}

/** Those of the files of a stack, from the root of a project, that can be read without running them. */
export const stackDataFiles = ['stack.yaml', 'stack.yml', 'stack.json'];

/** Where the stack of a project is looked for, from its root. */
const defaultFiles = ['stack.config.ts', 'stack.config.js', ...stackDataFiles];

/**
 * Reads the file of a stack: YAML, JSON, or a module whose default export is the stack.
 *
 * @param file default: the only one of the usual names at the root
 */
export async function loadStackFile(root: string, modules: ModuleLoader, file?: string): Promise<StackFile> {
  const path = file === undefined ? findStackFile(root) : resolve(file);
  const value = /\.[cm]?[jt]s$/.test(path)
    ? (await modules.load({ module: path, export: 'default', isFile: true })).value
    : await readDocument(path);
  if (isPlainObject(value)) return { file: path, input: value as JsonObject };
  throw new StackError({
    code: 'CONFIG_INVALID',
    message: `${path} does not hold a stack.`,
    hint: 'See what one looks like: stack export NAME',
  });
}

function findStackFile(root: string): string {
  const [first, second] = defaultFiles.filter((name) => existsSync(join(root, name)));
  if (first === undefined) {
    throw new StackError({
      code: 'FILE_NOT_FOUND',
      message: `There is neither stack.config.ts nor stack.yaml in ${root}.`,
      hint: 'Begin with a stack that there is: stack export NAME stack.yaml',
    });
  }
  if (second === undefined) return join(root, first);
  throw new StackError({
    code: 'AMBIGUOUS',
    message: `There are ${first} and ${second} in ${root}.`,
    hint: `Say which one, e.g. stack plan ${first}`,
  });
}
