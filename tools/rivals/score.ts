import { artifactStoreCaseGroups } from '../../packages/testkit/src/artifact-store/artifact-store-cases.ts';
import { type CaseResult, checkArtifactStore } from '../../packages/testkit/src/index.ts';
import { contenderOptions } from './open-contender.ts';
import { RivalStore } from './rival-store.ts';
import type { Contender } from './rivals.ts';

/** How many cases of a group ended how. */
export interface GroupScore {
  readonly passed: number;
  readonly failed: number;
  /** Cases that ask what the interface of the library does not have. */
  readonly lacking: number;
}

export interface Score {
  readonly contender: Contender;
  readonly groups: Readonly<Record<string, GroupScore>>;
  readonly total: GroupScore;
}

/** The text by which an error of another process tells of what an interface does not have. */
const lackingInWorker = /its interface has no such condition|has no signed URLs/;

/** Runs the suite on stores of a contender. Cases that no store on a disk can be put to are left out. */
export async function scoreOf(contender: Contender): Promise<Score> {
  const lacking = new Set<string>();
  let asked = RivalStore.lacking;
  const onResult = ({ name, error }: CaseResult) => {
    if (RivalStore.lacking > asked || lackingInWorker.test(messageOf(error))) lacking.add(name);
    asked = RivalStore.lacking;
  };
  const results = await checkArtifactStore(contenderOptions(contender), { timeLimit: 30_000, onResult });
  const tried = results.filter(({ outcome }) => outcome !== 'skipped');
  const scoreAmong = (names: ReadonlySet<string>): GroupScore => {
    const among = tried.filter(({ name }) => names.has(name));
    const failed = among.filter(({ outcome }) => outcome === 'failed');
    const unfit = failed.filter(({ name }) => lacking.has(name));
    return { passed: among.length - failed.length, failed: failed.length - unfit.length, lacking: unfit.length };
  };
  const groups = Object.entries(artifactStoreCaseGroups)
    .map(([group, cases]) => [group, scoreAmong(new Set(Object.keys(cases)))] as const)
    .filter(([, score]) => score.passed + score.failed + score.lacking > 0);
  return {
    contender,
    groups: Object.fromEntries(groups),
    total: scoreAmong(new Set(tried.map(({ name }) => name))),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
