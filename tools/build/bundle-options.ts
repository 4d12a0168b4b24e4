import type { Options } from 'tsup';

/** For the tsup.config.ts of a package that bundles itself: `defineConfig({ ...bundleOptions, entry: [...] })`. */
export const bundleOptions = {
  format: ['esm'],
  target: 'node24',
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
