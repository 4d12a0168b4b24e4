import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type ModuleSummary, summaryVersion } from './module-summary.ts';

/** How long what is known of a file is kept, in milliseconds: 30 days. Files of that age are read anew. */
const keptFor = 30 * 24 * 60 * 60 * 1000;

/**
 * Keeps what is known of a module under the digest of its text, on disk where there is a folder for it. What cannot be
 * read or written there is made anew.
 */
export class SummaryCache {
  readonly #folder: string | undefined;
  #hasWritten = false;

  /** @param folder where to keep summaries; made when the first is kept */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** @throws Error when the source cannot be parsed */
  async summaryOf(path: string, source: string): Promise<ModuleSummary> {
    const key = createHash('sha256')
      .update(JSON.stringify([summaryVersion, extname(path), source]))
      .digest('hex');
    const file = this.#folder === undefined ? undefined : join(this.#folder, `${key}.json`);
    const kept = file === undefined ? undefined : await readJson(file);
    if (kept !== undefined) return kept as ModuleSummary;
    // The parser takes a while to load, and is not needed while files are as they were.
    const { summarizeModule } = await import('./summarize-module.ts');
    const summary = summarizeModule(path, source);
    if (file !== undefined) await this.#keep(file, summary);
    return summary;
  }

  async #keep(file: string, summary: ModuleSummary): Promise<void> {
    const folder = this.#folder as string;
    const temporary = `${file}.${randomUUID()}`;
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(temporary, JSON.stringify(summary));
      await rename(temporary, file);
      if (!this.#hasWritten) await removeOld(folder);
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
    }
    this.#hasWritten = true;
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function removeOld(folder: string): Promise<void> {
  const oldest = Date.now() - keptFor;
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    if ((await stat(file)).mtimeMs < oldest) await rm(file, { force: true });
  }
}
