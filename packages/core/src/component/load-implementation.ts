import { findPackageJSON } from 'node:module';
import type { AnyFlavor } from '../flavor/flavor.ts';
import { StackError } from '../errors/index.ts';
import type { AnyComponent, ComponentContext } from './stack-component.ts';

type ImplementationClass = new (context: ComponentContext) => AnyComponent;

/**
 * Imports the class of a flavor, and with it the SDK behind it.
 *
 * @throws DEPENDENCY_MISSING when a package that the implementation needs is not installed
 * @throws MODULE_LOAD_FAILED when the module throws, or has no class as its default export
 */
export async function loadImplementation(flavor: AnyFlavor): Promise<ImplementationClass> {
  const subject = `The implementation of the flavor ${flavor.type}/${flavor.name}`;
  let module: { readonly default: unknown };
  try {
    module = await flavor.implementation();
  } catch (error) {
    throw missingDependency(subject, error) ?? loadError(subject, error);
  }
  if (typeof module.default !== 'function') {
    throw new StackError({
      code: 'MODULE_LOAD_FAILED',
      message: `${subject} has no class as its default export.`,
      hint: 'End the module with `export default class ...`.',
    });
  }
  // The one cast of a flavor's class: `defineFlavor` checked its type before it erased it.
  return module.default as ImplementationClass;
}

function missingDependency(subject: string, error: unknown): StackError | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  // Node gives the name and the importer in the text alone.
  const [, specifier, importer] = /^Cannot find package '([^']+)' imported from (.+)$/m.exec(error.message) ?? [];
  if (specifier === undefined) return undefined;
  const [, missing = specifier] = /^((?:@[^/]+\/)?[^/]+)/.exec(specifier) ?? [];
  const owner = importer === undefined ? undefined : packageOf(importer);
  const whose = owner === undefined ? '' : `, which ${owner} imports,`;
  return new StackError({
    code: 'DEPENDENCY_MISSING',
    message: `${subject} needs the package "${missing}"${whose} and it is not installed.`,
    hint: `Install it: npm install ${missing}`,
    cause: error,
  });
}

/** The name of the installed package that a file belongs to; `undefined` for files of the project itself. */
function packageOf(file: string): string | undefined {
  if (!/[\\/]node_modules[\\/]/.test(file)) return undefined;
  const manifest = findPackageJSON('.', file);
  const [, name] = /[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]package\.json$/.exec(manifest ?? '') ?? [];
  return name?.replace('\\', '/');
}

function loadError(subject: string, error: unknown): StackError {
  return new StackError({
    code: 'MODULE_LOAD_FAILED',
    message: `${subject} cannot be imported: ${error instanceof Error ? error.message : String(error)}`,
    cause: error,
  });
}
