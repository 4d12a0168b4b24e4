import { defineConfig } from 'tsup';
import { bundleOptions, keepLicense } from '../../tools/build/bundle-options.ts';

export default defineConfig([
  {
    ...bundleOptions,
    // One file, since each costs half a millisecond of every start, and CommonJS, since importing node:fs into an
    // ES module loads all of it: together they halve what a start takes beyond that of Node. In CommonJS a module is
    // evaluated where it is first needed, inside of one file too, so that commands stay lazy without splitting.
    entry: { main: 'src/main.ts' },
    format: ['cjs'],
    splitting: false,
    noExternal: [
      /^@stack\/core\/\w+$/,
      /^@stack\/project\/\w+$/,
      /^@stack\/store\/[\w-]+$/,
      'fast-string-truncated-width',
    ],
    onSuccess: keepLicense('fast-string-truncated-width', import.meta.url),
    esbuildOptions: (options) => {
      options.define = { 'import.meta.dirname': '__dirname' };
    },
  },
  // What programs import: types alone.
  { ...bundleOptions, entry: ['src/index.ts'] },
]);
