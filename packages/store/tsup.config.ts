import { defineConfig } from 'tsup';
import { bundleOptions, keepLicense } from '../../tools/build/bundle-options.ts';

export default defineConfig({
  ...bundleOptions,
  entry: [
    'src/index.ts',
    'src/flavors/flavor-snapshots.ts',
    'src/names/read-names.ts',
    'src/postgres/read-flavor-rows.ts',
    // Programs of threads.
    'src/{sqlite,postgres}/heartbeat-thread.ts',
  ],
  // What it loads of itself by its name.
  external: [/^@stack\/store\b/],
  // kysely is bundled, being no dependency: its 255 modules took longer to load than all else of a short command.
  onSuccess: keepLicense('kysely', import.meta.url),
});
