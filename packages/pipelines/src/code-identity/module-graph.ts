import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ModuleResolver } from './module-resolver.ts';
import type { ModuleSummary } from './module-summary.ts';
import { FileOwners } from './project-file.ts';
import type { SummaryCache } from './summary-cache.ts';

/** A module of the project, as it is on disk. */
export interface LoadedModule {
  readonly path: string;
  readonly label: string;
  readonly source: string;
  readonly summary: ModuleSummary;
  /** Where each specifier that it mentions leads. */
  readonly targets: ReadonlyMap<string, ImportTarget>;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

/** What a specifier leads to. */
export type ImportTarget =
  | { readonly kind: 'module'; readonly path: string }
  /** A file of the project that is no code. */
  | { readonly kind: 'data'; readonly label: string; readonly digest: string; readonly changedAt: number }
  | { readonly kind: 'package'; readonly name: string; readonly version: string }
  /** Of Node itself. */
  | { readonly kind: 'builtin' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The modules of a project by their paths. One that cannot be read or parsed is the reason instead. */
export type ModuleGraph = ReadonlyMap<string, LoadedModule | string>;

const codeEndings = new Set(['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx']);

/** Reads the modules at these paths, and all of the project that they mention, used or not. */
export async function loadModuleGraph(
  entries: Iterable<string>,
  summaries: SummaryCache,
  owners: FileOwners = new FileOwners(),
): Promise<ModuleGraph> {
  using resolver = new ModuleResolver();
  const modules = new Map<string, LoadedModule | string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (modules.has(path)) continue;
    const loaded = await loadModule(path, summaries, owners, resolver);
    modules.set(path, loaded);
    if (typeof loaded === 'string') continue;
    for (const target of loaded.targets.values()) if (target.kind === 'module') waiting.push(target.path);
  }
  return modules;
}

async function loadModule(
  path: string,
  summaries: SummaryCache,
  owners: FileOwners,
  resolver: ModuleResolver,
): Promise<LoadedModule | string> {
  const owner = owners.ownerOf(path);
  const label = owner.kind === 'project' ? owner.label : path;
  try {
    const source = readFileSync(path, 'utf8');
    const changedAt = changeTimeOf(path);
    const summary = await summaries.summaryOf(path, source);
    const targets = new Map(
      specifiersOf(summary).map((specifier) => [specifier, targetOf(specifier, path, label, owners, resolver)]),
    );
    return { path, label, source, summary, targets, changedAt };
  } catch (error) {
    return `${label} cannot be read: ${messageOf(error)}`;
  }
}

function specifiersOf({ units, imports, exports, stars, evaluated }: ModuleSummary): readonly string[] {
  const imported = [...Object.values(imports), ...Object.values(exports)].flatMap((name) =>
    'specifier' in name ? [name.specifier] : [],
  );
  return [...new Set([...evaluated, ...stars, ...imported, ...units.flatMap((unit) => unit.imports)])];
}

function targetOf(
  specifier: string,
  from: string,
  label: string,
  owners: FileOwners,
  resolver: ModuleResolver,
): ImportTarget {
  const notFound = (error: unknown): ImportTarget => ({
    kind: 'unknown',
    reason: `${label} imports "${specifier}", which cannot be found: ${messageOf(error)}`,
  });
  let url: string;
  try {
    url = resolver.resolve(specifier, pathToFileURL(from).href);
  } catch (error) {
    return notFound(error);
  }
  if (url.startsWith('node:')) return { kind: 'builtin' };
  if (!url.startsWith('file:')) {
    return { kind: 'unknown', reason: `${label} imports "${specifier}", which is no file` };
  }
  const path = fileURLToPath(url);
  const owner = owners.ownerOf(path);
  if (owner.kind === 'package') return owner;
  if (codeEndings.has(extname(path))) return { kind: 'module', path };
  try {
    const digest = createHash('sha256').update(readData(path)).digest('hex');
    return { kind: 'data', label: owner.label, digest, changedAt: changeTimeOf(path) };
  } catch (error) {
    return notFound(error);
  }
}

/** The formatting of JSON does not count either. */
function readData(path: string): string | Buffer {
  const bytes = readFileSync(path);
  return extname(path) === '.json' ? JSON.stringify(JSON.parse(bytes.toString('utf8'))) : bytes;
}

/** Of the change, not of the contents: the latter can be set to any time. */
function changeTimeOf(path: string): number {
  return statSync(path).ctimeMs;
}

/** The code of an error of Node, whose message has the folder of the project. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
