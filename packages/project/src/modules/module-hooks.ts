import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { type ResolveFnOutput, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A specifier that is resolved as if another module imported it. */
const fromPrefix = 'stack-import-from:';

/** Packages that a user's file may import though its folder does not have them installed. */
const providedPackages = /^(?:@stack\/(?:core|pipelines|project|testkit)|zod)(?:\/|$)/;

/** Which modules each module imports, for those outside of node_modules. */
const importedBy = new Map<string, Set<string>>();

/** The sha256 of the file of each module, as it was when it was loaded. */
const digests = new Map<string, string>();

let providers: readonly string[] = [];
let isRegistered = false;

/**
 * Makes TypeScript files of users run as they are, in this process: `./x` and `./x.js` may mean `x.ts`, a package.json
 * without `"type"` is no matter, and `@stack/core` and its kin resolve from the providers' folders where the user's own
 * cannot resolve them.
 *
 * @param from files or folders of packages that provide `@stack/*` and zod, in the order they are asked
 */
export function registerModuleHooks(from: readonly string[]): void {
  providers = [...new Set([...providers, ...from.map((path) => pathToFileURL(path).href)])];
  if (isRegistered) return;
  isRegistered = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = resolveSpecifier(specifier, context, nextResolve);
      if (context.parentURL !== undefined && isUserModule(resolved.url)) {
        const imported = importedBy.get(context.parentURL) ?? new Set();
        importedBy.set(context.parentURL, imported.add(resolved.url));
      }
      return resolved;
    },
    load(url, context, nextLoad) {
      if (isUserModule(url))
        digests.set(
          url,
          createHash('sha256')
            .update(readFileSync(filePath(url)))
            .digest('hex'),
        );
      const isModuleTypeScript = isUserModule(url) && /\.ts$/.test(new URL(url).pathname);
      return nextLoad(url, isModuleTypeScript ? { ...context, format: 'module-typescript' } : context);
    },
  });
}

/** The specifier with which `import()` finds a package as a file in the given folder would. */
export function specifierFrom(folder: string, specifier: string): string {
  return `${fromPrefix}${encodeURIComponent(pathToFileURL(`${folder}/package.json`).href)}!${specifier}`;
}

/**
 * The files outside of node_modules that were imported by a file, however indirectly, itself included, with their
 * sha256 when they were loaded: that of the code which this process runs, whatever was written since.
 */
export function importedFiles(file: string): Map<string, string> {
  const seen = new Set<string>();
  const visit = (url: string) => {
    if (seen.has(url)) return;
    seen.add(url);
    for (const imported of importedBy.get(url) ?? []) visit(imported);
  };
  visit(pathToFileURL(realpathSync(file)).href);
  return new Map([...seen].map((url) => [filePath(url), digests.get(url) ?? '']));
}

type Resolve = Parameters<NonNullable<Parameters<typeof registerHooks>[0]['resolve']>>;

function resolveSpecifier(specifier: string, context: Resolve[1], nextResolve: Resolve[2]): ResolveFnOutput {
  if (specifier.startsWith(fromPrefix)) {
    const [parent = '', wanted = ''] = specifier.slice(fromPrefix.length).split(/!(.*)/s);
    return resolveSpecifier(wanted, { ...context, parentURL: decodeURIComponent(parent) }, nextResolve);
  }
  try {
    return nextResolve(specifier, context);
  } catch (error) {
    if (/^\.{1,2}\//.test(specifier)) {
      const sources = [specifier.replace(/\.js$/, '.ts'), `${specifier}.ts`, `${specifier}/index.ts`];
      for (const source of sources) {
        const resolved = attempt(() => nextResolve(source, context));
        if (resolved !== undefined) return resolved;
      }
    }
    if (providedPackages.test(specifier)) {
      for (const parentURL of providers) {
        const resolved = attempt(() => nextResolve(specifier, { ...context, parentURL }));
        if (resolved !== undefined) return resolved;
      }
    }
    throw error;
  }
}

function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function filePath(url: string): string {
  return fileURLToPath(url.replace(/[?#].*$/, ''));
}

function isUserModule(url: string): boolean {
  return url.startsWith('file:') && !url.includes('/node_modules/');
}
