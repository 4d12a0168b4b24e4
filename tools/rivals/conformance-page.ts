import { artifactStoreCaseGroups } from '../../packages/testkit/src/artifact-store/artifact-store-cases.ts';
import { everyMutant } from '../../packages/testkit/test/broken-stores/every-mutant.ts';
import { generatedPage, markdownTable } from '../docs/markdown.ts';
import type { GroupScore } from './score.ts';

/** What `npm run conformance` found, as it is kept in scores.json. */
export interface Scores {
  /** Day of the run, e.g. `2026-11-26`. */
  readonly date: string;
  readonly node: string;
  readonly platform: string;
  readonly contenders: readonly {
    readonly name: string;
    readonly version: string;
    readonly total: GroupScore;
    readonly groups: Readonly<Record<string, GroupScore>>;
  }[];
  /** Broken stores that were convicted by the case that names their fault, and all there are. */
  readonly mutants: { readonly convicted: number; readonly total: number };
}

const introduction = `The contract of a component type is a suite of cases in \`@stack/testkit\`. A flavor that passes it can take the place of any
other one. Every case is named by the rule that it checks, runs on a new store, and passes, fails, or is declared as unsupported
with a reason, which is checked too: a declaration that is not true fails. How to run it on a store of your own is in the
[README of the kit](../packages/testkit/README.md); on a configured one, \`stack conformance FLAVOR --path=...\` does it.`;

const rivalsIntroduction = `The same cases, on thin adapters in \`tools/rivals\` over libraries for Node that keep objects in a folder. They were made for
other contracts: they promise less than these cases ask, and a case that fails is no defect of theirs by itself. What a library's
interface does not have, such as conditional writes, is counted apart. Paths, globs, ranges, retries and the order of listings are
the work of our base class for all of them. Corrections of an adapter are welcome.`;

/** docs/conformance.md. */
export function conformancePage(scores: Scores): string {
  const groups = Object.entries(artifactStoreCaseGroups);
  const cases = groups.reduce((sum, [, group]) => sum + Object.keys(group).length, 0);
  return generatedPage('Conformance', 'npm run conformance', [
    introduction,
    '## The cases for artifact stores',
    `There are ${cases}. Those of broken connections, refused credentials, killed processes and links need something of the
store's author, such as an endpoint, and are skipped without it; those of many and huge objects run with \`STACK_TEST_LONG=1\`.`,
    ...groups.flatMap(([group, named]) => [
      `### ${group.charAt(0).toUpperCase()}${group.slice(1)}`,
      Object.keys(named)
        .map((name) => `- ${escapeText(name)}`)
        .join('\n'),
    ]),
    '## How the kit is tested',
    `A kit that convicts nobody proves nothing. ${scores.mutants.total} stores, each broken in one way, are put to it:
**${scores.mutants.convicted} of them are convicted, each by the case that names its fault**, which is a mutation score of
${percent(scores.mutants.convicted, scores.mutants.total)}.`,
    markdownTable(
      ['a store that', 'is convicted by'],
      everyMutant.map(({ fault, convictedBy }) => [fault, escapeText(convictedBy)]),
    ),
    '## Other libraries',
    rivalsIntroduction,
    markdownTable(
      ['library', 'version', 'passed', 'failed', 'not in its interface'],
      scores.contenders.map(({ name, version, total }) => [
        name,
        version,
        `${total.passed}`,
        `${total.failed}`,
        `${total.lacking}`,
      ]),
    ),
    'By what the cases are about, those passed of those that the interface has:',
    markdownTable(
      ['', ...scores.contenders.map(({ name }) => name)],
      groups
        .filter(([group]) => scores.contenders.some((contender) => contender.groups[group] !== undefined))
        .map(([group]) => [group, ...scores.contenders.map((contender) => showScore(contender.groups[group]))]),
    ),
    `On a folder of one machine, ${scores.platform}, Node ${scores.node}, on ${scores.date}. opendal 0.49.1 is the last version whose
library loads on Debian 12; it writes through a folder beside the root, which makes its writes atomic. Later versions of each may
do better: \`npm run conformance\` runs it all again.`,
  ]);
}

function showScore(score: GroupScore | undefined): string {
  if (score === undefined) return '';
  const fit = score.passed + score.failed;
  return fit === 0 ? '-' : `${score.passed} of ${fit}`;
}

function percent(part: number, whole: number): string {
  return `${Math.floor((100 * part) / whole)} %`;
}

/** Names of cases have signs of globs in them. */
function escapeText(text: string): string {
  return text.replaceAll(/[*_[\]{}]/g, '\\$&');
}
