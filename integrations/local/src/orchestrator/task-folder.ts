import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Those that go when this process does. */
const folders = new Set<string>();

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** A folder for the temporary files of a process. Disposing removes it; so does the end of this process, unless it is killed. */
export class TaskFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
    // One listener for all: Node warns of many.
    if (folders.size === 0) process.on('exit', removeAll);
    folders.add(path);
  }

  static async make(): Promise<TaskFolder> {
    return new TaskFolder(await mkdtemp(join(tmpdir(), 'stack-step-')));
  }

  /** The variables that name it, and one by which the process knows that it is its own. */
  get environment(): NodeJS.ProcessEnv {
    return {
      // What is compiled is of use to others.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
      TMPDIR: this.path,
      TMP: this.path,
      TEMP: this.path,
      STACK_STEP_FOLDER: this.path,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What was killed a moment ago may still write.
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
    folders.delete(this.path);
    if (folders.size === 0) process.off('exit', removeAll);
  }
}
