import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CodeIdentity, identifyCode } from '../code-identity/identify-code.ts';

/** A function whose text is not known: its place alone says what its code is. */
const anyFunction = (() => {}).bind(undefined);

/** A project on disk, whose code is identified and changed. */
export class CodeProject implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param files by path; a package.json that makes them ES modules is there anyway */
  static async create(files: Readonly<Record<string, string>>): Promise<CodeProject> {
    const project = new CodeProject(await mkdtemp(join(tmpdir(), 'stack-code-')));
    await project.write({ 'package.json': '{ "name": "code", "type": "module" }', '.stack/.gitignore': '*', ...files });
    return project;
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.folder, path), { recursive: true });
  }

  async link(path: string, target: string): Promise<void> {
    await mkdir(dirname(join(this.folder, path)), { recursive: true });
    await symlink(target, join(this.folder, path), 'dir');
  }

  /**
   * The identity of the code that is defined where a file has a text for the first time.
   *
   * @param at when it was defined, in milliseconds since 1970
   */
  async identify(path: string, text: string, { at = Date.now() + 1000 } = {}): Promise<CodeIdentity> {
    const file = join(this.folder, path);
    const before = (await readFile(file, 'utf8')).split(text)[0] ?? '';
    const lines = before.split('\n');
    const place = { file: pathToFileURL(file).href, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
    const code = { origin: { places: [place], at, repetition: 0 }, run: anyFunction };
    const identities = await identifyCode(new Map([['code', code]]));
    return identities.get('code') as CodeIdentity;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
