import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type CachedInstallation, cachedInstallation } from './cached-installation.ts';
import { runInstaller } from './run-installer.ts';

/** A change of a source file, where a server as it is cannot be used. */
interface SourceEdit {
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

/** A program that is the main package of a Go module; all that it is made of is pinned by the module itself. */
export function goProgram(module: string, version: string, ...edits: readonly SourceEdit[]): CachedInstallation {
  const program = basename(module);
  const digest = createHash('sha256').update(JSON.stringify(edits)).digest('hex').slice(0, 12);
  return cachedInstallation({
    name: edits.length === 0 ? `${program}-${version}` : `${program}-${version}-${digest}`,
    program,
    installer: ['go', 'version'],
    async fill(folder) {
      if (edits.length === 0) await runInstaller('go', ['install', `${module}@${version}`], { GOBIN: folder });
      else await buildEdited(`${module}@${version}`, edits, join(folder, program));
    },
  });
}

async function buildEdited(module: string, edits: readonly SourceEdit[], program: string): Promise<void> {
  const { Dir } = JSON.parse(await runInstaller('go', ['mod', 'download', '-json', module])) as { Dir: string };
  const source = `${program}.source`;
  await runInstaller('cp', ['-R', Dir, source]);
  // Go keeps what it downloads from being changed, and so is the copy.
  await runInstaller('chmod', ['-R', 'u+w', source]);
  for (const { file, text, replacement } of edits) {
    const before = await readFile(join(source, file), 'utf8');
    if (!before.includes(text)) throw new Error(`${file} of ${module} does not have the text "${text}".`);
    await writeFile(join(source, file), before.replaceAll(text, replacement));
  }
  await runInstaller('go', ['build', '-C', source, '-o', program, '.'], { GOWORK: 'off' });
  await rm(source, { recursive: true });
}
