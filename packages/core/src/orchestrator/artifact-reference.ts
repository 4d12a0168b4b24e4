import { checkName } from '../component/component-name.ts';
import { StackError } from '../errors/index.ts';

/** How an artifact is named by people: `NAME` for the newest, `NAME@3` or `NAME@TAG`. An id is a name too. */
export interface ArtifactReference {
  readonly name: string;
  readonly version: number | undefined;
  readonly tag: string | undefined;
}

/**
 * Takes a reference apart. Without a version or tag it may also be an id, or the beginning of one.
 *
 * @throws ARGUMENT_INVALID
 */
export function parseArtifactReference(reference: string): ArtifactReference {
  const [name = '', selector, ...rest] = reference.split('@');
  if (name === '' || selector === '' || rest.length > 0) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `${JSON.stringify(reference)} names no artifact.`,
      hint: 'Give an id, or a name alone for the newest artifact of it, or NAME@3 for a version, or NAME@TAG.',
    });
  }
  if (selector === undefined) return { name, version: undefined, tag: undefined };
  // As numbers they would be other versions: 007, and those that are too large to be exact.
  const isVersion = /^[1-9]\d{0,14}$/.test(selector);
  return isVersion ? { name, version: Number(selector), tag: undefined } : { name, version: undefined, tag: selector };
}

/**
 * Checks a name that people give an artifact: names like those of components, joined by `/` where it has several.
 *
 * @throws ARGUMENT_INVALID
 */
export function checkArtifactName(name: string): void {
  for (const part of name.split('/')) checkName('artifact', part);
}

/**
 * Checks a tag: a name like that of a component, and no number, which would be a version.
 *
 * @throws ARGUMENT_INVALID
 */
export function checkArtifactTag(tag: string): void {
  checkName('artifact tag', tag);
  if (!/^\d+$/.test(tag)) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The tag "${tag}" would be taken for a version.`,
    hint: 'Put a letter before it, such as v.',
  });
}
