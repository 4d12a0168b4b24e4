/**
 * `npm run kill-runs -- [KILLS] [--process-steps]`: kills processes in the middle of runs, 500 times unless told otherwise.
 */
import { parseArgs } from 'node:util';
import { killRuns } from './kill-runs.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'process-steps': { type: 'boolean', default: false } },
});
const kills = Number(positionals[0] ?? 500);
let shown = 0;
const { problems, ...report } = await killRuns({
  kills,
  processSteps: values['process-steps'],
  onProgress: (text) => {
    if (performance.now() - shown < 10_000) return;
    shown = performance.now();
    console.log(text);
  },
});
console.log(JSON.stringify(report, undefined, 2));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
