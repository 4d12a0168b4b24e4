import { copyFile, readdir } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import type { Options } from 'tsup';

/** For the tsup.config.ts of a package that bundles itself: `defineConfig({ ...bundleOptions, entry: [...] })`. */
export const bundleOptions = {
  format: ['esm'],
  // Node has all that the sources use, and what esbuild makes of `using` in a loop throws the error of an earlier round.
  target: 'esnext',
  platform: 'node',
  // The build has emptied dist, and tsc has put the declarations there.
  clean: false,
  dts: false,
  sourcemap: true,
  // Without it a dynamic import would be hoisted to the top of the bundle, and load what it was to defer.
  splitting: true,
  // The default turns `node:sqlite` into `sqlite`, which does not exist.
  removeNodeProtocol: false,
} satisfies Options;

/**
 * For `onSuccess` of a tsup.config.ts: puts the license of a package that is bundled into dist, as it asks for.
 *
 * @param config URL of the tsup.config.ts
 */
export function keepLicense(name: string, config: string): () => Promise<void> {
  return async () => {
    const folder = dirname(findPackageJSON(name, config) ?? '');
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry)) ?? 'LICENSE';
    await copyFile(join(folder, file), join('dist', `${name}.LICENSE.txt`));
  };
}
