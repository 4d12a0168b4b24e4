import { StackError } from './stack-error.ts';

/**
 * Objects of an artifact that was to be recorded were condemned as garbage, as every run store says it.
 *
 * @param paths at least one
 */
export function artifactCollected([path, ...others]: readonly string[]): StackError {
  const which = others.length === 0 ? `The object ${path}` : `The object ${path}, and ${others.length} others,`;
  return new StackError({
    code: 'ARTIFACT_COLLECTED',
    message: `${which} of an artifact that was to be recorded may be removed at this moment, as nothing referred to it.`,
    hint: 'Store it again.',
  });
}
