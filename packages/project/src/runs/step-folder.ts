import { rmSync } from 'node:fs';

/** Removes the folder of this process for temporary files, since whoever made it may be gone. */
export function removeStepFolder(): void {
  const { STACK_STEP_FOLDER: folder } = process.env;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
