import { requireProjectRoot, storeLocation } from '@stack/project/root';
import type { StoreLocation } from '@stack/store';
import type { Invocation } from './command-line/invocation.ts';

/** The metadata store of the project that a command is called in. @throws PROJECT_NOT_FOUND */
export function storeHere({ workingDirectory }: Invocation): StoreLocation {
  return storeLocation(requireProjectRoot(workingDirectory));
}
