import { join } from 'node:path';
import { type ArtifactStore, forEachAtOnce, type OperationOptions, StackError, type StoredObject } from '@stack/core';
import * as z from 'zod';
import type { DirectorySource } from './directory-artifact.ts';
import { type DirectoryFile, type DirectoryTree, scanDirectory } from './directory-scan.ts';
import { openObject } from './local-copy.ts';
import { readObject, type StoreOptions, storeBytes, storeFile, storeObject } from './stored-object.ts';

/** A file of a directory that is stored, as its manifest has it: where the bytes are, the record of the artifact says. */
export interface ListedFile extends DirectoryFile {
  readonly sha256: string;
}

/** A file of a directory, with the object that its bytes are. */
export interface PlacedFile extends ListedFile {
  readonly object: StoredObject;
}

export interface StoredDirectory {
  readonly manifest: StoredObject;
  /** The objects that it lists, each once. */
  readonly contents: readonly StoredObject[];
}

/** How many files are stored at once. */
const filesAtOnce = 16;

const manifestSchema = z.strictObject({
  files: z.array(
    z.strictObject({
      path: z.string(),
      size: z.int().min(0),
      sha256: z.string().regex(/^[\da-f]{64}$/),
      executable: z.boolean(),
    }),
  ),
  emptyFolders: z.array(z.string()),
});

/**
 * Stores a directory: its files under their digests and, when all of them are there, a manifest that lists them. So a
 * directory is there as a whole or not at all, equal ones are one, and equal files of different ones too. Of one that is
 * stored already, nothing comes to this disk.
 */
export async function storeDirectory(
  store: ArtifactStore,
  source: DirectorySource,
  options: StoreOptions,
): Promise<StoredDirectory> {
  if (source.kind === 'local') return storeFolder(store, source.path, options);
  const contents = [...source.directory.contents];
  const storeAgain = (object: StoredObject): Promise<StoredObject> =>
    storeObject(store, object, () => openObject(source.store, object, options), options);
  await forEachAtOnce(source.directory.contents.entries(), filesAtOnce, async ([index, object]) => {
    contents[index] = await storeAgain(object);
  });
  return { manifest: await storeAgain(source.directory.manifest), contents };
}

async function storeFolder(store: ArtifactStore, folder: string, options: StoreOptions): Promise<StoredDirectory> {
  const { files, emptyFolders } = await scanDirectory(folder);
  const listed = new Array<PlacedFile>(files.length);
  await forEachAtOnce(files.entries(), filesAtOnce, async ([index, { path, executable }]) => {
    options.signal?.throwIfAborted();
    const object = await storeFile(store, join(folder, path), options);
    const { size, sha256 } = object;
    listed[index] = { path, size, sha256, executable, object };
  });
  const tree: DirectoryTree<ListedFile> = { files: listed.map(({ object: _, ...file }) => file), emptyFolders };
  const manifest = await storeBytes(store, JSON.stringify(tree), options);
  // In the order of the files, so that equal directories have equal records.
  const contents = [...new Map(listed.map(({ object }) => [object.path, object])).values()];
  return { manifest, contents };
}

/** @throws INTEGRITY for a manifest that is none, that names a place outside of its directory, or bytes that are not its own */
export async function readManifest(
  store: ArtifactStore,
  { manifest, contents }: StoredDirectory,
  { signal }: OperationOptions,
): Promise<DirectoryTree<PlacedFile>> {
  const { data } = manifestSchema.safeParse(parseJson((await readObject(store, manifest, { signal })).toString()));
  const objects = new Map(contents.map((object) => [object.sha256, object]));
  const problem = data === undefined ? 'is no manifest of a directory' : manifestProblem(data, objects);
  if (data === undefined || problem !== undefined) {
    throw new StackError({ code: 'INTEGRITY', message: `The object "${manifest.path}" in the ${store} ${problem}.` });
  }
  const files = data.files.map((file) => ({ ...file, object: objects.get(file.sha256) ?? manifest }));
  return { files, emptyFolders: data.emptyFolders };
}

function manifestProblem(
  { files, emptyFolders }: DirectoryTree<ListedFile>,
  objects: ReadonlyMap<string, StoredObject>,
): string | undefined {
  const outside = [...files.map(({ path }) => path), ...emptyFolders].find((path) => !isBelow(path));
  if (outside !== undefined) return `lists the path ${JSON.stringify(outside)}, which is not below a directory`;
  const missing = files.find(({ sha256 }) => !objects.has(sha256));
  return missing && `lists the file ${JSON.stringify(missing.path)}, whose bytes are not part of the artifact`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a path stays below what it is joined to. What only Windows takes for more than a name, `namingProblems` refuses. */
function isBelow(path: string): boolean {
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('\0'));
}
