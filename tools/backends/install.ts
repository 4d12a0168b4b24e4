/**
 * Installs every backend that is missing, one after the other, and tells how long each took: `node
 * tools/backends/install.ts`. So no build of a server runs beside tests that watch the clock. The last line is
 * `N passed, N failed`.
 */
import { whyUnavailable } from './backend.ts';
import { backends } from './backends.ts';

process.env.STACK_REQUIRE_BACKENDS = '1';
let failed = 0;
for (const backend of Object.values(backends)) {
  const start = performance.now();
  let result = 'is there';
  try {
    await whyUnavailable(backend);
  } catch (error) {
    failed += 1;
    result = `FAILED: ${error instanceof Error ? error.message : String(error)}`;
  }
  console.log(`${backend.name} ${result} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
console.log(`\n${Object.keys(backends).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
