import { realpathSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { didYouMean, moduleLoadError, StackError } from '@stack/core';
import { locateSyntaxError } from './locate-syntax-error.ts';
import { importedFiles, registerModuleHooks, specifierFrom } from './module-hooks.ts';

/** Something that a module exports: `./flavors/my-s3.ts#myS3ArtifactStoreFlavor` or `@acme/pkg#export`. */
export interface SourceReference {
  /** A path, or the name of a package. */
  readonly module: string;
  readonly export: string;
  /** Whether `module` is a path. */
  readonly isFile: boolean;
}

/**
 * @param example what such a text looks like, for the hint
 * @throws ARGUMENT_INVALID for a text that is not `MODULE#EXPORT`
 */
export function parseSourceReference(
  text: string,
  example = 'flavors/my-s3.ts#myS3ArtifactStoreFlavor',
): SourceReference {
  const [, module, exportName] = /^([^#]+)#([A-Za-z_$][\w$]*)$/.exec(text) ?? [];
  if (module === undefined || exportName === undefined) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `${JSON.stringify(text)} is not the source of an export.`,
      hint: `Write FILE#EXPORT or PACKAGE#EXPORT, e.g. ${example}.`,
    });
  }
  const isFile = /^(?:\.{0,2}[\\/]|[A-Za-z]:[\\/])/.test(module) || /\.[cm]?[jt]s$/.test(module);
  return { module, export: exportName, isFile };
}

/** What a reference points at, and the file that it is in. */
export interface LoadedExport {
  readonly value: unknown;
  /** The absolute path of the file; `undefined` for an export of a package. */
  readonly file: string | undefined;
}

/** Imports modules of a project: its own files, TypeScript as they are, and the packages that it can resolve. */
export class ModuleLoader {
  readonly #root: string;

  /**
   * @param root folder that paths and packages are resolved from
   * @param providers folders of packages that bring `@stack/*` where the project does not have them installed
   */
  constructor(root: string, providers: readonly string[]) {
    this.#root = root;
    registerModuleHooks([root, ...providers].map((folder) => `${folder}/package.json`));
  }

  /**
   * @param from folder that a path is relative to; default the root
   * @throws MODULE_NOT_FOUND, EXPORT_NOT_FOUND, DEPENDENCY_MISSING
   * @throws MODULE_LOAD_FAILED when the module throws or does not parse
   */
  async load({ module, export: exportName, isFile }: SourceReference, from = this.#root): Promise<LoadedExport> {
    const file = isFile ? resolve(from, module) : undefined;
    const exports =
      file === undefined ? await this.importPackage(this.#root, module) : await this.#importFile(file, from);
    if (exportName in exports) return { value: exports[exportName], file };
    const names = Object.keys(exports);
    const known = names.length === 0 ? 'It exports nothing.' : `It exports ${names.join(', ')}.`;
    throw new StackError({
      code: 'EXPORT_NOT_FOUND',
      message: `${module} has no export "${exportName}".`,
      hint: didYouMean(exportName, names) ?? known,
    });
  }

  /** Imports a package as a file in the folder would. */
  async importPackage(folder: string, name: string): Promise<Record<string, unknown>> {
    try {
      return await importModule(specifierFrom(folder, name));
    } catch (error) {
      const loadError = moduleLoadError(`The package ${name}`, error);
      throw (loadError.code === 'DEPENDENCY_MISSING' && this.#fileWithoutEnding(name)) || loadError;
    }
  }

  /**
   * The files of the project that a file is made of, as paths from the root, with the sha256 of what was loaded. Known
   * once it was loaded.
   */
  filesOf(file: string): Record<string, string> {
    const root = realpathSync(this.#root);
    const files = [...importedFiles(file)].map(
      ([path, digest]) => [relative(root, path).split(sep).join('/'), digest] as const,
    );
    return Object.fromEntries(files.filter(([path]) => !path.startsWith('../')).sort());
  }

  /** A file without its ending is taken for a package, and the user must not be told to install one of that name. */
  #fileWithoutEnding(module: string): StackError | undefined {
    const endings = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
    const path = endings.map((ending) => `${module}${ending}`).find((path) => isFile(resolve(this.#root, path)));
    if (path === undefined) return undefined;
    return new StackError({
      code: 'MODULE_NOT_FOUND',
      message: `${module} is not the path of a module.`,
      hint:
        path === module
          ? 'A module is a file that ends in .ts, .mts, .cts, .js, .mjs or .cjs.'
          : `Write the ending of the file: ${path}#EXPORT`,
    });
  }

  async #importFile(file: string, from: string): Promise<Record<string, unknown>> {
    const shown = relative(this.#root, file);
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined || !stats.isFile()) {
      throw new StackError({
        code: 'MODULE_NOT_FOUND',
        message: stats === undefined ? `There is no file ${file}.` : `${file} is not a file.`,
        hint: `The path is relative to ${from === this.#root ? 'the root of the project' : 'the working directory'}, ${from}.`,
      });
    }
    try {
      return await importModule(pathToFileURL(file).href);
    } catch (error) {
      locateSyntaxError(error, importedFiles(file).keys());
      throw moduleLoadError(`The file ${shown}`, error);
    }
  }
}

/** Rejects, instead of letting the process end, when the module waits for what cannot happen. */
async function importModule(specifier: string): Promise<Record<string, unknown>> {
  const stranded = Promise.withResolvers<never>();
  const strand = () => stranded.reject(new Error('its top level awaits a promise that is never settled'));
  process.once('beforeExit', strand);
  try {
    return await Promise.race([import(specifier) as Promise<Record<string, unknown>>, stranded.promise]);
  } finally {
    process.off('beforeExit', strand);
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
