/** As long as names and keys of secrets may be. */
const longestName = 100;

/** What a secret is called that is made of what a component was given in clear: `artifact-store-prod`. */
export function componentSecretName({ type, name }: { readonly type: string; readonly name: string }): string {
  return `${type}-${name}`.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, longestName);
}

/** The key under which it holds the value of a field: `client.token`. */
export function fieldSecretKey(path: readonly string[]): string {
  return path
    .join('.')
    .replaceAll(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^[.-]/, '_')
    .slice(0, longestName);
}
