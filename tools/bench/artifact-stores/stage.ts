import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ArtifactStore } from '../../../packages/core/src/index.ts';
import type { OperationName } from './benched-store.ts';
import { atOnce, filesBelow } from './directories.ts';
import { incompressible, largeSource, sha256OfLarge } from './test-bytes.ts';
import { largeKey, type Turn } from './turns.ts';
import type { Amount } from './workloads.ts';

/** Objects that a directory has in each folder. */
const folderSize = 100;
/** What is read, the same for all contenders. */
const seeds = 'seeds';

const writing: readonly OperationName[] = ['put', 'write', 'upload'];

/** What the turns of one operation find and leave behind: all that is not timed. */
export class Stage implements AsyncDisposable {
  readonly #operation: OperationName;
  readonly #amount: Amount;
  readonly #store: ArtifactStore;
  /** On this disk, for what is uploaded or downloaded. */
  readonly #folder: string;
  readonly #keepsTurns: boolean;
  readonly #digests = new Map<number, string>();
  #turns = 0;

  private constructor(
    operation: OperationName,
    amount: Amount,
    store: ArtifactStore,
    folder: string,
    keepsTurns: boolean,
  ) {
    this.#operation = operation;
    this.#amount = amount;
    this.#store = store;
    this.#folder = folder;
    this.#keepsTurns = keepsTurns;
  }

  /**
   * Makes what is read.
   *
   * @param sizes of the large objects that turns may ask for, beside that of the amount
   * @param keepsTurns whether what a turn writes stays, and the next one writes elsewhere
   */
  static async prepare(
    operation: OperationName,
    amount: Amount,
    sizes: readonly number[],
    store: ArtifactStore,
    keepsTurns: boolean,
  ): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'stack-bench-files-'));
    const stage = new Stage(operation, amount, store, folder, keepsTurns);
    const bytes = incompressible(amount.size);
    const numbers = Array.from({ length: amount.count }, (_, index) => index);
    const names = numbers.map((number) => `${Math.floor(number / folderSize)}/${number}`);
    if (operation === 'get') await atOnce(numbers, (number) => store.write(`${seeds}/${number}`, bytes));
    if (operation === 'download' || operation === 'list') {
      await atOnce(names, (name) => store.write(`${seeds}/${name}`, bytes));
    }
    if (operation === 'read') {
      for (const size of [...sizes, amount.size]) await store.write(largeKey(seeds, size), largeSource(size));
    }
    if (operation === 'upload') {
      for (const name of names) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), bytes);
      }
    }
    return stage;
  }

  /**
   * What a contender has to do.
   *
   * @param number of the contender: what it writes is apart from that of others
   */
  async turn(number: number, size = this.#amount.size): Promise<Turn> {
    const place = this.#keepsTurns ? `${this.#operation}-${++this.#turns}` : `${number}`;
    const folder = this.#operation === 'download' ? join(this.#folder, place) : this.#folder;
    await mkdir(folder, { recursive: true });
    return {
      directory: writing.includes(this.#operation) ? `written-${place}` : seeds,
      folder,
      count: this.#amount.count,
      size,
      sha256: this.#digest(size),
    };
  }

  /** Throws where a turn has not written what it had to. */
  async check({ directory, folder, count, size }: Turn): Promise<void> {
    const sizes: number[] = [];
    if (this.#operation === 'download') {
      for (const file of await filesBelow(folder)) sizes.push((await stat(join(folder, file))).size);
    } else if (writing.includes(this.#operation)) {
      for await (const object of this.#store.walk(directory)) sizes.push(object.size);
    } else return;
    const right = sizes.filter((found) => found === size).length;
    if (right !== count) throw new Error(`it writes ${right} of ${count} objects`);
  }

  /** Removes what a turn has written, unless it stays. */
  async cleanUp({ directory, folder }: Turn): Promise<void> {
    if (this.#keepsTurns) return;
    if (this.#operation === 'download') {
      await rm(folder, { recursive: true });
      await mkdir(folder);
    } else if (writing.includes(this.#operation)) await this.#store.removeTree(directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.removeTree(seeds);
    await rm(this.#folder, { recursive: true });
  }

  #digest(size: number): string {
    const known = this.#digests.get(size);
    const digest = known ?? (this.#operation === 'read' ? sha256OfLarge(size) : hash('sha256', incompressible(size)));
    this.#digests.set(size, digest);
    return digest;
  }
}
