import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CodeOrigin, CodePlace } from './code-origin.ts';
import { CodeReach, type UnitPart, UnknownCode } from './code-reach.ts';
import { loadModuleGraph, type ModuleGraph } from './module-graph.ts';
import { FileOwners, isProjectRoot } from './project-file.ts';
import { hasRunningText } from './running-text.ts';
import { SummaryCache } from './summary-cache.ts';

/** What the code of a function is, beyond its text. */
export type CodeIdentity =
  | {
      /** Hexadecimal: equal for two functions only if their code, and all that it reaches, does the same. */
      readonly digest: string;
      /** What the digest is made of: from `src/train.ts#fit` to a digest, from `package:zod` to a version. */
      readonly parts: ReadonlyMap<string, string>;
    }
  /** Why that cannot be known. */
  | { readonly uncacheable: string };

/** A function, and where it was handed to Stack. */
export interface DefinedCode {
  readonly origin: CodeOrigin;
  readonly run: (...values: never[]) => unknown;
}

/**
 * Identifies code by the project's files as they are on disk: a function's statement, and whatever that reaches by name
 * and by static imports. Comments, formatting and types do not count. Packages count by name and version, those that
 * are linked by their code, Node by its major version.
 *
 * @param pipeline that of the pipeline: what its module does when it is evaluated may change values that the functions use
 */
export async function identifyCode<Key>(
  codes: ReadonlyMap<Key, DefinedCode>,
  pipeline?: CodeOrigin,
): Promise<ReadonlyMap<Key, CodeIdentity>> {
  const places = [...[...codes.values()].flatMap(({ origin }) => allPlaces(origin)), ...(pipeline?.places ?? [])];
  const files = new Set(places.flatMap(({ file }) => (file === undefined ? [] : [fileURLToPath(file)])));
  const owners = new FileOwners();
  const entries = [...files].filter((file) => owners.ownerOf(file).kind === 'project');
  const graph = await loadModuleGraph(entries, new SummaryCache(cacheFolder(entries)), owners);
  const others = (pipeline?.places ?? []).flatMap(({ file }) => {
    const module = file === undefined ? undefined : graph.get(fileURLToPath(file));
    return module === undefined || typeof module === 'string' ? [] : [module];
  });
  const reach = new CodeReach(graph, others);
  return new Map(
    [...codes].map(([key, code]) => {
      try {
        return [key, identify(code, graph, reach, owners)];
      } catch (error) {
        if (error instanceof UnknownCode) return [key, { uncacheable: error.message }];
        throw error;
      }
    }),
  );
}

function identify(
  { origin, run }: DefinedCode,
  graph: ModuleGraph,
  reach: CodeReach,
  owners: FileOwners,
): CodeIdentity {
  const parts = new Map([['node', process.versions.node.split('.')[0] ?? '']]);
  const roots: UnitPart[] = [];
  if (origin.places.length === 0) throw new UnknownCode('it was not made in a file of the project');
  checkValues(origin, graph, owners);
  for (const place of allPlaces(origin)) {
    if (place.file === undefined) throw new UnknownCode('it was made by code that is in no file');
    const path = fileURLToPath(place.file);
    const owner = owners.ownerOf(path);
    if (owner.kind === 'package') parts.set(`package:${owner.name}`, owner.version);
    else roots.push(unitAt(place, path, graph));
  }
  const reached = reach.from(roots);
  const changed = reached.files.find(({ changedAt }) => changedAt > origin.at);
  if (changed !== undefined) throw new UnknownCode(`${changed.label} was changed after it was loaded`);
  // What a package has made need not be of the project.
  if (roots.length === allPlaces(origin).length && !reached.units.some((part) => hasRunningText(textOf(part), run))) {
    const [root] = roots;
    throw new UnknownCode(`its function is not written in ${root?.of.label}: something transformed that file`);
  }
  for (const [label, value] of reached.parts) parts.set(label, value);
  const repetitions = { step: origin.repetition, pipeline: origin.pipeline?.repetition ?? 0 };
  for (const [what, repetition] of Object.entries(repetitions)) {
    if (repetition > 0) parts.set(`number of the ${what} that is made there`, String(repetition + 1));
  }
  const sorted = [...parts].sort(([one], [other]) => (one < other ? -1 : 1));
  const entry = roots.map(({ unit, of }) => `${of.label}#${unit.label}`);
  const digest = createHash('sha256')
    .update(JSON.stringify([entry, sorted]))
    .digest('hex');
  return { digest, parts: new Map(sorted) };
}

/** Where a step was made, and the pipeline that made it. */
function allPlaces({ places, pipeline }: CodeOrigin): readonly CodePlace[] {
  return pipeline === undefined ? places : [...places, ...pipeline.places];
}

/** @throws UnknownCode where something was made of values that a function got when it was called, nobody knows by what */
function checkValues({ places, pipeline }: CodeOrigin, graph: ModuleGraph, owners: FileOwners): void {
  const made = pipeline?.places ?? places;
  const outermost = made.findLast(
    ({ file }) => file !== undefined && owners.ownerOf(fileURLToPath(file)).kind === 'project',
  );
  if (outermost?.file === undefined) return;
  const { unit, of, offset } = unitAt(outermost, fileURLToPath(outermost.file), graph);
  if (!unit.functions.some(({ start, end }) => start <= offset && offset < end)) return;
  const what = pipeline === undefined ? 'it' : 'its pipeline';
  throw new UnknownCode(
    `${of.label}:${outermost.line} makes ${what} in a function, which may be called with any values`,
  );
}

function unitAt({ line, column }: CodePlace, path: string, graph: ModuleGraph): UnitPart & { readonly offset: number } {
  const module = graph.get(path);
  if (module === undefined || typeof module === 'string') throw new UnknownCode(module ?? `${path} was not read`);
  let start = 0;
  for (let passed = 1; passed < line; passed++) start = module.source.indexOf('\n', start) + 1;
  const offset = start + column - 1;
  const unit = module.summary.units.find((candidate) => candidate.start <= offset && offset < candidate.end);
  if (unit === undefined) throw new UnknownCode(`it is made at ${module.label}:${line}, where there is no code`);
  return { unit, of: module, offset };
}

function textOf({ unit, of }: UnitPart): string {
  return of.source.slice(unit.start, unit.end);
}

/** In the project that the files are of; nowhere for files that are of none. */
function cacheFolder(entries: readonly string[]): string | undefined {
  const [entry] = entries;
  if (entry === undefined) return undefined;
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    if (isProjectRoot(folder)) return join(folder, '.stack', 'cache', 'code');
    if (folder === dirname(folder)) return undefined;
  }
}
