import { defineConfig } from 'tsup';
import { bundleOptions } from '../../tools/build/bundle-options.ts';

export default defineConfig({
  ...bundleOptions,
  entry: ['src/index.ts', 'src/arrow/index.ts'],
});
