import { defineConfig } from 'tsup';
import { bundleOptions } from '../../tools/build/bundle-options.ts';

export default defineConfig({
  ...bundleOptions,
  entry: [
    'src/index.ts',
    'src/flavors/index.ts',
    'src/project-root.ts',
    // Programs of processes and threads.
    'src/runs/{step-process,lifeline-thread}.ts',
  ],
});
