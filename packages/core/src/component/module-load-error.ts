import { findPackageJSON } from 'node:module';
import { StackError } from '../errors/index.ts';
import { isError } from '../errors/is-error.ts';

/**
 * The error for an `import()` that failed: `DEPENDENCY_MISSING` when a package is not installed, else
 * `MODULE_LOAD_FAILED`. A `StackError` that the module itself threw stays what it is.
 *
 * @param subject what was imported, for the message; starts with a capital
 */
export function moduleLoadError(subject: string, error: unknown): StackError {
  if (StackError.is(error)) return error;
  return missingDependency(subject, error) ?? loadFailure(subject, error);
}

function missingDependency(subject: string, error: unknown): StackError | undefined {
  if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') return undefined;
  // Node gives the name and the importer in the text alone.
  const [, specifier, importer] = /^Cannot find package '([^']+)' imported from (.+)$/m.exec(messageOf(error)) ?? [];
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

function loadFailure(subject: string, error: unknown): StackError {
  const place = syntaxErrorPlace(error);
  return new StackError({
    code: 'MODULE_LOAD_FAILED',
    message: `${subject} cannot be imported: ${messageOf(error)}${place === undefined ? '' : `, at ${place}`}`,
    hint: loadFailureHint(error),
    cause: error,
  });
}

function loadFailureHint(error: unknown): string | undefined {
  if (errorCode(error) === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return 'Node runs TypeScript by removing its types: use no enum, namespace or parameter property, and set "erasableSyntaxOnly" in tsconfig.json.';
  }
  if (!(error instanceof SyntaxError)) {
    const [, place] = /^ +at .*?\(?(file:[^()]+:\d+):\d+\)?$/m.exec((isError(error) && error.stack) || '') ?? [];
    return place === undefined ? undefined : `It was thrown at ${decodeURI(place)}, while the module was imported.`;
  }
  if (error.message.includes('does not provide an export')) {
    return 'When the name is a type, import it with `import type`, and set "verbatimModuleSyntax" in tsconfig.json.';
  }
  const [, file] = /^(.+\.[cm]?js):\d+$/.exec(syntaxErrorPlace(error) ?? '') ?? [];
  if (file !== undefined) return `See the place: node --check ${file}`;
  return 'Node runs TypeScript by removing its types: what is left must be JavaScript, without decorators.';
}

/** Where a module does not parse, as it stands before the stack: by Node for TypeScript, by whoever imported it for JavaScript. */
function syntaxErrorPlace(error: unknown): string | undefined {
  if (!(error instanceof SyntaxError)) return undefined;
  return /^(.+:\d+)\n/.exec(error.stack ?? '')?.[1];
}

function errorCode(error: unknown): unknown {
  return isError(error) && 'code' in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
