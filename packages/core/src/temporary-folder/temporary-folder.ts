import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAbandonedFolders } from './abandoned-folders.ts';
import { thisProcess } from './process-mark.ts';

/** Those that go when this process does. */
const folders = new Set<string>();
/** Where it was looked for what others have left. */
const searched = new Set<string>();

/**
 * A folder for temporary files, mode 0700. Disposing removes it, and so does the end of this process. Where that is killed,
 * the name tells whose it was, and `removeAbandonedFolders` removes it later.
 */
export class TemporaryFolder implements AsyncDisposable {
  readonly path: string;

  /** @param purpose part of its name: small letters and digits */
  constructor(purpose: string) {
    const parent = tmpdir();
    this.path = mkdtempSync(join(parent, `stack-${purpose}-${thisProcess()}-`));
    // One listener for all: Node warns of many.
    if (folders.size === 0) process.on('exit', removeAll);
    folders.add(this.path);
    if (searched.has(parent)) return;
    searched.add(parent);
    // What cannot be removed is in nobody's way.
    void removeAbandonedFolders().catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A program that was killed a moment ago may still write.
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
    folders.delete(this.path);
    if (folders.size === 0) process.off('exit', removeAll);
  }
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
