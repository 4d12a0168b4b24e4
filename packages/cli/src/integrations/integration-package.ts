import { StackError } from '@stack/core/errors';

const ownScope = '@stack/integration-';

/** The package that a name stands for: `s3` is `@stack/integration-s3`; names of packages are themselves. */
export function integrationPackage(name: string): string {
  const isPackage = name.startsWith('@') || name.startsWith('stack-integration-');
  return isPackage ? name : `${ownScope}${name}`;
}

/**
 * What a package manager is asked for: a package, and after another "@" its version or tag.
 *
 * @throws ARGUMENT_INVALID for what is neither, so that no option, path or URL reaches a package manager
 */
export function packageRequest(text: string): { readonly package: string; readonly version: string | undefined } {
  const [, name = '', version] = /^((?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*)(?:@([\w.^~<>=*+-]+))?$/i.exec(text) ?? [];
  if (name !== '') return { package: integrationPackage(name), version };
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `${JSON.stringify(text)} is not the name of a package.`,
    hint: 'Write e.g. s3 for @stack/integration-s3, or @acme/stack-integration-disk@1.2.0.',
  });
}
