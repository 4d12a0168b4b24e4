import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  type ArtifactRecord,
  type ArtifactStore,
  type ArtifactVisualization,
  didYouMean,
  forEachAtOnce,
  type JsonObject,
  maskSecrets,
  type NewArtifact,
  type OperationOptions,
  StackError,
  type StoredObject,
} from '@stack/core';
import type { InputIdentity } from '../cache/input-identity.ts';
import {
  builtInMaterializers,
  dataMaterializer,
  directoryMaterializer,
  itemListMaterializer,
  jsonMaterializer,
} from './built-in-materializers.ts';
import { isByteStream } from './byte-stream.ts';
import { directorySource, isDirectoryArtifact } from './directory-artifact.ts';
import { storeDirectory } from './directory-manifest.ts';
import { fileSource, isFileArtifact } from './file-artifact.ts';
import { openObject } from './local-copy.ts';
import type { Materializer, SerializedValue } from './materializer.ts';
import { checkOutput, type OutputOptions, outputJsonSchema } from './output-options.ts';
import { storedContent } from './stored-content.ts';
import {
  type ObjectDamage,
  type ObjectOptions,
  objectDamage,
  readObject,
  type StoreOptions,
  sha256Of,
  storeBytes,
  storeFile,
  storeObject,
  storeStream,
} from './stored-object.ts';
import { ValueScope } from './value-scope.ts';
import { checkVisualizations, mediaTypeOf } from './visualization.ts';

/** What an artifact is called, and who stores it. */
export type ArtifactOrigin = Pick<ArtifactRecord, 'name' | 'runId' | 'step' | 'output'>;

/** An item of a list, as the artifact of the list has it. */
type ListedItem = Pick<
  ArtifactRecord,
  'materializer' | 'materializerVersion' | 'path' | 'size' | 'sha256' | 'contents'
>;

/** How many items of a list are loaded at once. */
const itemsAtOnce = 16;

export interface StoreValueOptions extends StoreOptions {
  /** What the step says of this output. */
  readonly output?: OutputOptions | undefined;
  /** Where materializers write files. Default: one that ends when the value is stored. */
  readonly scope?: ValueScope;
  /** Told what went wrong and lost nothing of the value. Default: a warning of the process. */
  readonly warn?: (message: string) => void;
}

export interface LoadValueOptions extends ObjectOptions {
  /** How long files and streams of the value are of use. Default: as long as the process. */
  readonly scope?: ValueScope;
}

/** What of an artifact is in the store. */
interface StoredParts {
  readonly object: StoredObject;
  /** What belongs to it beside that. */
  readonly contents: readonly StoredObject[];
}

/**
 * Stores a value under the digest of its bytes, unless these are stored already.
 *
 * @throws VALUE_NOT_SERIALIZABLE for a value that no materializer takes
 * @throws OUTPUT_INVALID for a value that the schema of its output refuses
 * @throws INTEGRITY when the store holds other bytes under the digest
 */
export async function storeArtifact(
  store: ArtifactStore,
  value: unknown,
  materializers: readonly Materializer[],
  origin: ArtifactOrigin,
  options: StoreValueOptions = {},
): Promise<NewArtifact> {
  if (options.scope === undefined) {
    await using scope = new ValueScope();
    return await storeArtifact(store, value, materializers, origin, { ...options, scope });
  }
  const { output, scope } = options;
  // A function without a result has one all the same: the steps after it take it as an input.
  const stored = value === undefined ? null : value;
  const materializer = findMaterializer(stored, materializers, output);
  if (output?.schema !== undefined) await checkOutput(output.schema, stored, subjectOf(origin));
  const parts = await storeValue(store, materializer, stored, origin, scope, options);
  const visualizations = await storeVisualizations(store, materializer, stored, origin, options);
  const schema = outputJsonSchema(output?.schema) ?? schemaOf(materializer, stored, origin);
  return { ...newArtifact(store, materializer, origin, parts), visualizations, schema };
}

/**
 * Stores a list by references to its items, which are artifacts already: equal items give an equal list.
 *
 * @param items of one artifact store
 */
export async function storeItemList(
  store: ArtifactStore,
  items: readonly ArtifactRecord[],
  origin: ArtifactOrigin,
  options: StoreOptions = {},
): Promise<NewArtifact> {
  const references = items.map(
    ({ materializer, materializerVersion, path, size, sha256, contents }): ListedItem => ({
      materializer,
      materializerVersion,
      path,
      size,
      sha256,
      contents,
    }),
  );
  const object = await storeBytes(store, JSON.stringify(references), options);
  return newArtifact(store, { name: itemListMaterializer, version: 1 }, origin, { object, contents: [] });
}

function newArtifact(
  store: ArtifactStore,
  { name: materializer, version: materializerVersion }: Pick<Materializer, 'name' | 'version'>,
  origin: ArtifactOrigin,
  { object, contents }: StoredParts,
): NewArtifact {
  return {
    ...origin,
    ...object,
    id: randomUUID(),
    tags: [],
    materializer,
    materializerVersion,
    store: { component: store.name, flavor: store.flavor, root: maskSecrets(store.root) },
    contents,
    visualizations: [],
    schema: undefined,
    metadata: {},
    createdAt: new Date(),
  };
}

/**
 * The bytes of an artifact, checked against the size and digest that were recorded.
 *
 * @throws INTEGRITY when they are not the bytes that were written
 * @throws NOT_FOUND when they are gone
 */
export async function readArtifactBytes(
  store: ArtifactStore,
  artifact: StoredObject,
  options: OperationOptions = {},
): Promise<Buffer> {
  return readObject(store, artifact, options);
}

/**
 * The value of an artifact. What it leaves on this machine, such as a file that was downloaded, is there until the process
 * ends.
 *
 * @param materializers those beside the built-in ones, as the pipeline was given them
 * @throws MATERIALIZER_NOT_FOUND when the one that wrote it is not among them, or only an older version
 * @throws INTEGRITY when the bytes are not those that were written
 * @throws NOT_FOUND when they are gone
 */
export async function loadArtifact(
  store: ArtifactStore,
  artifact: ArtifactRecord,
  materializers: readonly Materializer[] = [],
  options: LoadValueOptions = {},
): Promise<unknown> {
  if (artifact.materializer === itemListMaterializer) return loadItems(store, artifact, materializers, options);
  const { scope = new ValueScope(), ...operation } = options;
  const { name, version, materializerVersion } = artifact;
  const subject = `The artifact "${name}@${version}" was written`;
  const materializer = materializerNamed(artifact.materializer, materializers, `${subject} by`);
  if (materializer.version < materializerVersion) {
    throw new StackError({
      code: 'MATERIALIZER_NOT_FOUND',
      message: `${subject} by version ${materializerVersion} of the materializer "${materializer.name}", and what is known here is version ${materializer.version}.`,
      hint: 'Load it with the code that wrote it, or with a newer one.',
    });
  }
  return materializer.deserialize(storedContent(store, artifact, materializerVersion, scope, operation));
}

/**
 * A stream of the bytes that an artifact is stored as, checked. It is opened when it is read from, and destroyed with the
 * scope.
 *
 * @throws STEP_FAILED for a directory, and for a list of other artifacts
 */
export function openArtifactStream(
  store: ArtifactStore,
  artifact: ArtifactRecord,
  options: LoadValueOptions,
): Readable {
  const { scope = new ValueScope(), ...operation } = options;
  const kind = kindOf(artifact);
  if (kind === 'file') return scope.own(openObject(store, artifact, operation));
  throw new StackError({
    code: 'STEP_FAILED',
    message: `The artifact "${artifact.name}@${artifact.version}" is a ${kind}, and cannot be a stream.`,
    hint: 'Take it without asStream().',
  });
}

/**
 * Writes what an artifact is stored as to this disk, checked, and as a whole: a directory with all its files, anything else as
 * a file.
 *
 * @param path where nothing is
 * @throws ALREADY_EXISTS, INTEGRITY, NOT_FOUND
 */
export async function downloadArtifact(
  store: ArtifactStore,
  artifact: ArtifactRecord,
  path: string,
  options: OperationOptions = {},
): Promise<'file' | 'directory'> {
  const kind = kindOf(artifact) === 'directory' ? 'directory' : 'file';
  await using scope = new ValueScope();
  await storedContent(store, artifact, artifact.materializerVersion, scope, options)[kind]().copyTo(path);
  return kind;
}

/** What the bytes of an artifact are: those of its value, or a manifest of further objects. */
function kindOf({ materializer, contents }: ArtifactRecord): 'file' | 'directory' | 'list of outputs' {
  if (materializer === itemListMaterializer) return 'list of outputs';
  return materializer === directoryMaterializer.name || contents.length > 0 ? 'directory' : 'file';
}

/** A stored list, whose items are loaded one by one. */
export interface ArtifactList {
  readonly length: number;
  /** A value of its own for each call. */
  load(index: number, options?: LoadValueOptions): Promise<unknown>;
  /** What an item is, for a cache key. */
  identify(index: number): Promise<InputIdentity>;
}

/**
 * Opens an artifact that is a list.
 *
 * @throws STEP_FAILED when its value is no list
 * @throws what `loadArtifact` throws
 */
export async function openArtifactList(
  store: ArtifactStore,
  artifact: ArtifactRecord,
  materializers: readonly Materializer[],
  options: LoadValueOptions = {},
): Promise<ArtifactList> {
  if (artifact.materializer === itemListMaterializer) {
    const items = await readItemList(store, artifact, options);
    const load = async (index: number, own?: LoadValueOptions) => {
      const item = items[index];
      return item === undefined ? undefined : loadArtifact(store, { ...artifact, ...item }, materializers, own);
    };
    const identify = async (index: number) => artifactIdentity(items[index] ?? artifact);
    return { length: items.length, load, identify };
  }
  const loadList = async (own?: LoadValueOptions): Promise<readonly unknown[]> => {
    const value = await loadArtifact(store, artifact, materializers, own);
    if (Array.isArray(value)) return value;
    throw new StackError({
      code: 'STEP_FAILED',
      message: `The artifact "${artifact.name}@${artifact.version}" is no list, and a step is mapped over it.`,
      hint: 'Map a step over the output of a step that returns a list.',
    });
  };
  const list = await loadList(options);
  // Data can be copied. What a materializer of the user's makes may lose its class by that, and is made anew.
  const isData = [jsonMaterializer.name, dataMaterializer.name].includes(artifact.materializer);
  const load = async (index: number, own?: LoadValueOptions) =>
    isData ? structuredClone(list[index]) : (await loadList(own))[index];
  const identify = async (index: number): Promise<InputIdentity> => {
    if (!isData) return { ...artifactIdentity(artifact), place: index };
    const { name, version } = dataMaterializer;
    const sha256 = sha256Of(String(await serialize(dataMaterializer, list[index], artifact, new ValueScope())));
    return artifactIdentity({ sha256, materializer: name, materializerVersion: version });
  };
  return { length: list.length, load, identify };
}

/** What an artifact is, for a cache key. */
export function artifactIdentity({
  sha256,
  materializer,
  materializerVersion,
}: Pick<ArtifactRecord, 'sha256' | 'materializer' | 'materializerVersion'>): InputIdentity & { kind: 'artifact' } {
  return { kind: 'artifact', sha256, materializer: `${materializer}@${materializerVersion}` };
}

async function loadItems(
  store: ArtifactStore,
  list: ArtifactRecord,
  materializers: readonly Materializer[],
  options: LoadValueOptions,
): Promise<readonly unknown[]> {
  const items = await openArtifactList(store, list, materializers, options);
  const values = new Array<unknown>(items.length);
  await forEachAtOnce(values.keys(), itemsAtOnce, async (index) => {
    values[index] = await items.load(index, options);
  });
  return values;
}

async function readItemList(
  store: ArtifactStore,
  list: ArtifactRecord,
  { signal, recent }: LoadValueOptions,
): Promise<readonly ListedItem[]> {
  const bytes = await readObject(store, list, { signal, recent });
  const items: readonly ListedItem[] = JSON.parse(bytes.toString('utf8'));
  // Lists that were stored before materializers had versions, and directories were stored, say nothing of either.
  return items.map((item) => ({
    ...item,
    materializerVersion: item.materializerVersion ?? 1,
    contents: item.contents ?? [],
  }));
}

/**
 * Looks whether an artifact is as it was written, with all that belongs to it: all bytes of what has up to 1 MiB, of larger
 * objects the size, and the digest where the store knows it. Returns every damage.
 */
export async function artifactDamage(
  store: ArtifactStore,
  artifact: NewArtifact,
  options: OperationOptions & { readonly verify: boolean },
): Promise<readonly ObjectDamage[]> {
  const damages: ObjectDamage[] = [];
  const objects = [artifact, ...artifact.contents, ...artifact.visualizations];
  await forEachAtOnce(objects, itemsAtOnce, async (object) => {
    const damage = await objectDamage(store, object, options);
    if (damage !== undefined) damages.push(damage);
  });
  return damages;
}

function findMaterializer(
  value: unknown,
  materializers: readonly Materializer[],
  output: OutputOptions | undefined,
): Materializer {
  if (output?.materializer !== undefined)
    return materializerNamed(output.materializer, materializers, 'The step names');
  const matching = materializers.find(({ matches }) => matches(value));
  return matching ?? builtInMaterializers.find(({ matches }) => matches(value)) ?? dataMaterializer;
}

/** @throws MATERIALIZER_NOT_FOUND whose message begins with who asks for it */
export function materializerNamed(name: string, materializers: readonly Materializer[], subject: string): Materializer {
  const all = [...materializers, ...builtInMaterializers];
  const found = all.find((materializer) => materializer.name === name);
  if (found !== undefined) return found;
  const names = all.map((materializer) => materializer.name);
  throw new StackError({
    code: 'MATERIALIZER_NOT_FOUND',
    message: `${subject} the materializer "${name}", which is not known here.`,
    hint:
      didYouMean(name, names) ??
      `Give it to the pipeline: pipeline({ materializers: [...] }). Known are ${names.join(', ')}.`,
  });
}

async function storeValue(
  store: ArtifactStore,
  materializer: Materializer,
  value: unknown,
  origin: ArtifactOrigin,
  scope: ValueScope,
  options: StoreOptions,
): Promise<StoredParts> {
  const serialized = await serialize(materializer, value, origin, scope);
  try {
    return await storeSerialized(store, serialized, options);
  } catch (error) {
    const isOfValue = StackError.is(error, 'VALUE_NOT_SERIALIZABLE') || StackError.is(error, 'FILE_NOT_FOUND');
    throw isOfValue ? notSerializable(materializer, origin, error) : error;
  }
}

async function serialize(
  materializer: Materializer,
  value: unknown,
  origin: ArtifactOrigin,
  scope: ValueScope,
): Promise<SerializedValue> {
  try {
    return await materializer.serialize(value, scope);
  } catch (error) {
    throw notSerializable(materializer, origin, error);
  }
}

function schemaOf(materializer: Materializer, value: unknown, origin: ArtifactOrigin): JsonObject | undefined {
  try {
    return materializer.schema?.(value);
  } catch (error) {
    throw notSerializable(materializer, origin, error);
  }
}

function notSerializable({ name }: Materializer, origin: ArtifactOrigin, error: unknown): StackError {
  const detail = error instanceof Error ? error.message : String(error);
  return new StackError({
    code: 'VALUE_NOT_SERIALIZABLE',
    message: `${subjectOf(origin)} cannot be stored by the materializer "${name}": ${detail}`,
    ...(StackError.is(error) ? { hint: error.hint, problems: error.problems } : {}),
    cause: error,
  });
}

async function storeSerialized(
  store: ArtifactStore,
  serialized: SerializedValue,
  options: StoreOptions,
): Promise<StoredParts> {
  const alone = (object: StoredObject) => ({ object, contents: [] });
  if (typeof serialized === 'string' || serialized instanceof Uint8Array) {
    return alone(await storeBytes(store, serialized, options));
  }
  if (isFileArtifact(serialized)) {
    const source = serialized[fileSource];
    if (source.kind === 'local') return alone(await storeFile(store, source.path, options));
    const open = () => openObject(source.store, source.object, options);
    return alone(await storeObject(store, source.object, open, options));
  }
  if (isDirectoryArtifact(serialized)) {
    const { manifest, contents } = await storeDirectory(store, serialized[directorySource], options);
    return { object: manifest, contents };
  }
  if (isByteStream(serialized)) return alone(await storeStream(store, serialized, options));
  throw new StackError({
    code: 'VALUE_NOT_SERIALIZABLE',
    message: 'It gave something that is neither bytes, text, a stream, a file nor a directory.',
  });
}

/** What shows a value is no part of it: where that fails, the value is kept all the same. */
async function storeVisualizations(
  store: ArtifactStore,
  materializer: Materializer,
  value: unknown,
  origin: ArtifactOrigin,
  options: StoreValueOptions,
): Promise<readonly ArtifactVisualization[]> {
  if (materializer.visualize === undefined) return [];
  const { warn = (message) => process.emitWarning(message) } = options;
  try {
    const visualizations = await materializer.visualize(value);
    checkVisualizations(visualizations);
    const stored: ArtifactVisualization[] = [];
    for (const visualization of visualizations) {
      const { name, type, content } = visualization;
      const object = await storeBytes(store, content, options);
      stored.push({ name, type, mediaType: mediaTypeOf(visualization), ...object });
    }
    return stored;
  } catch (error) {
    options.signal?.throwIfAborted();
    const detail = error instanceof Error ? error.message : String(error);
    warn(
      `${subjectOf(origin)} is stored without visualizations, as the materializer "${materializer.name}" failed to make them: ${detail}`,
    );
    return [];
  }
}

function subjectOf({ name, step, output }: ArtifactOrigin): string {
  return output === undefined ? `The artifact "${name}"` : `The output "${output}" of the step "${step}"`;
}
