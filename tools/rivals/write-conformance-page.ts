/**
 * Runs the suite for artifact stores on our store, on those of other libraries and on the broken ones, and writes what came
 * of it to tools/rivals/scores.json and docs/conformance.md: `npm run conformance`. With `--page` it writes the page alone.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { release, type } from 'node:os';
import { join } from 'node:path';
import { everyMutant, isConvicted } from '../../packages/testkit/test/broken-stores/every-mutant.ts';
import { RemoteStores } from '../../packages/testkit/test/remote-store/remote-stores.ts';
import { repositoryRoot } from '../build/run-command.ts';
import { conformancePage, type Scores } from './conformance-page.ts';
import { contenders } from './rivals.ts';
import { scoreOf } from './score.ts';

const scoresFile = join(import.meta.dirname, 'scores.json');
const pageFile = join(repositoryRoot, 'docs/conformance.md');

if (!process.argv.includes('--page')) {
  writeFileSync(scoresFile, `${JSON.stringify(await runAll(), undefined, 2)}\n`);
  console.log(`wrote ${scoresFile}`);
}
writeFileSync(pageFile, conformancePage(JSON.parse(readFileSync(scoresFile, 'utf8')) as Scores));
console.log(`wrote ${pageFile}`);
// A library that failed may have left something open.
process.exit();

async function runAll(): Promise<Scores> {
  const scores: Scores['contenders'][number][] = [];
  for (const contender of contenders) {
    const { name, version } = contender;
    const { total, groups } = await scoreOf(contender);
    console.log(
      `${name} ${version}: ${total.passed} passed, ${total.failed} failed, ${total.lacking} not in its interface`,
    );
    scores.push({ name, version, total, groups });
  }
  const convicted = await countConvicted();
  console.log(`mutation score: ${convicted} of ${everyMutant.length} broken stores are convicted`);
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    platform: `${type()} ${release()}`,
    contenders: scores,
    mutants: { convicted, total: everyMutant.length },
  };
}

async function countConvicted(): Promise<number> {
  await using server = await RemoteStores.start();
  let convicted = 0;
  for (const mutant of everyMutant) {
    if (await isConvicted(mutant, server)) convicted++;
    else console.log(`not convicted: a store that ${mutant.fault}`);
  }
  return convicted;
}
