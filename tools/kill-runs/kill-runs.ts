import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { initProject } from '../../packages/project/src/index.ts';

export interface KillOptions {
  /** How often a process is killed or stopped in the middle of a run. */
  readonly kills: number;
  /** Whether two of the steps have processes of their own. Default `false`. */
  readonly processSteps?: boolean;
  /** Told now and then how far it is. */
  readonly onProgress?: (text: string) => void;
}

/** What happened, and what was wrong with it. */
export interface KillReport {
  readonly kills: number;
  /** Processes that were stopped, lost their run to another one, and woke. */
  readonly stops: number;
  /** Times that two processes went on with one run at once. */
  readonly races: number;
  readonly runs: number;
  readonly stepCalls: number;
  /** How often a step was called again, since it was in flight at a kill. */
  readonly repeatedCalls: number;
  /** Calls in processes of their own. */
  readonly processCalls: number;
  readonly artifacts: number;
  /** Each in a sentence; empty when all promises are kept. */
  readonly problems: readonly string[];
}

const integration = join(import.meta.dirname, '..', '..', 'integrations', 'local', 'src', 'index.ts');
const flavors = { orchestrator: 'localOrchestratorFlavor', 'artifact-store': 'localArtifactStoreFlavor' };
const program = join(import.meta.dirname, 'killed-run.ts');
const jumpingClock = join(import.meta.dirname, 'jumping-clock.ts');
const stepCount = 20;
/** Milliseconds. Short, so that what a stopped process holds is taken over soon. */
const leaseDuration = 900;
/** Milliseconds after its start within which a process is killed; a run takes about as long. */
const longestLife = 150;
/** The same where steps start processes. */
const longestLifeOfProcesses = 3_000;
/** Milliseconds that a step of the pipeline takes, at most. */
const longestStep = 12;
/** Of so many turns one stops the process, and one races two. */
const turnsOfStop = 12;
const turnsOfRace = 10;

/**
 * Kills processes that run a pipeline of 20 steps at random moments, lets others go on, and looks whether what is promised
 * of it holds. Every other process has a clock that jumps by hours.
 */
export async function killRuns({
  kills,
  processSteps = false,
  onProgress = () => {},
}: KillOptions): Promise<KillReport> {
  const folder = await makeProject();
  const life = processSteps ? longestLifeOfProcesses : longestLife;
  const children = new Set<Child>();
  const problems: string[] = [];
  const count = { kills: 0, stops: 0, races: 0, runs: 0 };
  const start = (...further: readonly string[]): Child => {
    const env = {
      ...process.env,
      KILLED_FOLDER: folder,
      KILLED_RUN: `run-${count.runs}`,
      KILLED_ISOLATION: processSteps ? 'process' : '',
      TMPDIR: join(folder, 'temporary'),
    };
    const child = startChild([String(leaseDuration), ...further], env, Math.random() < 0.5);
    children.add(child);
    return child;
  };
  try {
    for (let turn = 1; count.kills + count.stops < kills; turn++) {
      const child = start();
      const rival = turn % turnsOfRace === 0 ? start() : undefined;
      if (rival !== undefined) count.races++;
      // A process that is stopped is to be at work; one that is killed may be anywhere.
      const isStop = turn % turnsOfStop === 0;
      await child.printed(isStop || Math.random() < 0.7 ? 'running' : 'ready');
      await Promise.race([child.end, delay(Math.random() * life)]);
      if (!child.hasEnded && isStop) {
        count.stops++;
        problems.push(...(await stopAndWake(folder, child, () => start('wait'))));
      } else if (!child.hasEnded) {
        count.kills++;
        child.process.kill('SIGKILL');
      }
      const ended = await Promise.all([child.end, rival?.end]);
      const outputs = ended.flatMap((output) => (output === undefined ? [] : [output]));
      problems.push(...outputs.flatMap((output) => unexpectedOutput(output, count.runs)));
      // What they print does not tell: a rival that came to start it too ends at once, and the one that did may be killed.
      if (hasEnded(folder, `run-${count.runs}`)) {
        count.runs++;
        onProgress(`${count.kills + count.stops} of ${kills}, ${count.runs} runs completed`);
      }
    }
    // The last run goes on to its end.
    problems.push(...unexpectedOutput(await start().end, count.runs));
    const calls = countCalls(folder);
    const steps = readSteps(folder);
    const artifacts = globSync('.stack/artifacts/artifacts/*/sha256/*/*', { cwd: folder });
    problems.push(...stepProblems(steps, calls), ...repeatedCommits(folder), ...artifactProblems(folder, artifacts));
    problems.push(...globSync('temporary/stack-*', { cwd: folder }).map((path) => `${path} is left`));
    const stepCalls = [...calls.values()].reduce((total, calls) => total + calls, 0);
    return {
      ...count,
      stepCalls,
      repeatedCalls: stepCalls - calls.size,
      processCalls: readLines(folder, 'process-calls.txt').length,
      artifacts: artifacts.length,
      problems,
    };
  } finally {
    for (const { process, hasEnded } of children) if (!hasEnded) process.kill('SIGKILL');
    await Promise.all([...children].map(({ end }) => end));
    await rm(folder, { recursive: true, force: true });
  }
}

/** A project whose flavors are those of the sources, as processes of steps open it. */
async function makeProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-kill-'));
  await mkdir(join(folder, 'temporary'));
  const names = Object.values(flavors).join(', ');
  await writeFile(join(folder, 'flavors.ts'), `export { ${names} } from ${JSON.stringify(integration)};\n`);
  const { project } = await initProject(folder);
  await using _ = project;
  for (const [type, flavor] of Object.entries(flavors)) {
    await project.flavors.register({ type, source: `flavors.ts#${flavor}` });
  }
  return folder;
}

interface Child {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves when it has printed a word, or has ended. */
  readonly printed: (word: string) => Promise<void>;
  /** What it printed. */
  readonly end: Promise<string>;
  readonly hasEnded: boolean;
}

function startChild(words: readonly string[], env: NodeJS.ProcessEnv, hasJumpingClock: boolean): Child {
  const clock = hasJumpingClock ? ['--import', jumpingClock] : [];
  const node = ['--conditions=@stack/source', ...clock, program];
  const child = spawn(process.execPath, [...node, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const closed = once(child, 'close');
  return {
    process: child,
    printed: async (word) => {
      while (child.exitCode === null && child.signalCode === null && !output.includes(word)) {
        await Promise.race([once(child.stdout, 'data'), closed]);
      }
    },
    end: closed.then(() => output),
    get hasEnded() {
      return child.exitCode !== null || child.signalCode !== null;
    },
  };
}

/** Another process takes the run of one that is stopped. When that wakes, in the middle of what the other does, it has lost. */
async function stopAndWake(folder: string, stopped: Child, startSuccessor: () => Child): Promise<readonly string[]> {
  stopped.process.kill('SIGUSR2');
  const takings = countTakings(folder);
  const successor = startSuccessor();
  while (!successor.hasEnded && countTakings(folder) === takings) await delay(5);
  await delay(Math.random() * longestStep);
  const isAwake = stopped.end.then(() => true);
  // It may come to stop itself only now.
  while (!(await Promise.race([isAwake, delay(20, false)]))) stopped.process.kill('SIGCONT');
  const [ended, output] = await Promise.all([stopped.end, successor.end]);
  // It may have ended its run just before it was stopped.
  const isFair = /RUN_LEASE_LOST|completed/.test(ended) && /completed|RUN_NOT_RESUMABLE|RUN_NOT_FOUND/.test(output);
  return isFair ? [] : [`A stopped process ended with: ${ended}and its successor with: ${output}`];
}

/** Waits, where a process that was killed left the database to be put in order by the next one that opens it. */
function openDatabase(folder: string): DatabaseSync {
  return new DatabaseSync(join(folder, '.stack', 'stack.db'), { readOnly: true, timeout: 10_000 });
}

function hasEnded(folder: string, run: string): boolean {
  using database = openDatabase(folder);
  const state = database.prepare('select state from runs where name = ?').get(run)?.state;
  return state !== undefined && state !== 'running';
}

/** How often runs were taken up, all together. */
function countTakings(folder: string): number {
  using database = openDatabase(folder);
  return Number(database.prepare('select sum(epoch) as takings from run_leases').get()?.takings);
}

function unexpectedOutput(output: string, run: number): readonly string[] {
  const result = 5 * (6 * (2 * run + 1) + 1);
  const expected = new RegExp(
    `^(?:ready\n(?:(?:running\n)?(?:completed ${result}\n|RUN_HELD\n|RUN_LEASE_LOST\n|RUN_NOT_RESUMABLE\n|RUN_NOT_FOUND\n|ALREADY_EXISTS\n)?)?)?$`,
  );
  return expected.test(output) ? [] : [`A process printed: ${output}`];
}

interface RecordedStep {
  readonly run: string;
  readonly runState: string;
  readonly step: string;
  readonly state: string;
  readonly attempt: number;
  readonly interruptions: number;
}

function readSteps(folder: string): readonly RecordedStep[] {
  using database = openDatabase(folder);
  return database
    .prepare(
      `select runs.name as run, runs.state as "runState", step, step_runs.state as state, attempt, interruptions
       from step_runs join runs on runs.id = run_id`,
    )
    .all() as unknown as RecordedStep[];
}

function readLines(folder: string, file: string): readonly string[] {
  const path = join(folder, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** How often the function of each step was called, by run and step. */
function countCalls(folder: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const call of readLines(folder, 'calls.txt')) counts.set(call, (counts.get(call) ?? 0) + 1);
  return counts;
}

function stepProblems(steps: readonly RecordedStep[], calls: ReadonlyMap<string, number>): readonly string[] {
  const runs = new Set(steps.map(({ run }) => run)).size;
  return [
    ...(steps.length === runs * stepCount ? [] : [`${steps.length} steps of ${runs} runs are recorded.`]),
    ...steps.flatMap(({ run, runState, step, state, attempt, interruptions }) => {
      const called = calls.get(`${run} ${step}`) ?? 0;
      return [
        ...(runState === 'completed' && state === 'completed' ? [] : [`${step} of ${run}, ${runState}, is ${state}.`]),
        ...(attempt === interruptions + 1
          ? []
          : [`${step} of ${run}: attempt ${attempt}, ${interruptions} interrupted.`]),
        // Once for the commit, and once more for each kill while it ran.
        ...(called >= 1 && called <= interruptions + 1
          ? []
          : [`${step} of ${run} was called ${called} times, and interrupted ${interruptions} times.`]),
      ];
    }),
  ];
}

function repeatedCommits(folder: string): readonly string[] {
  using database = openDatabase(folder);
  return database
    .prepare(
      `select run_id, step, count(*) as count from run_events where state = 'completed'
       group by run_id, step having count(*) > 1`,
    )
    .all()
    .map(({ step, count }) => `${step ?? 'A run'} was committed ${count} times.`);
}

/** Every artifact is named by the digest of its bytes, so that half of one is found. */
function artifactProblems(folder: string, artifacts: readonly string[]): readonly string[] {
  const whole = new Set(
    artifacts.filter((path) => {
      const bytes = readFileSync(join(folder, path));
      return createHash('sha256').update(bytes).digest('hex') === basename(path);
    }),
  );
  using database = openDatabase(folder);
  const recorded = database.prepare('select distinct path from artifacts').all();
  return [
    ...artifacts.filter((path) => !whole.has(path)).map((path) => `The artifact ${path} is not whole.`),
    ...recorded.flatMap(({ path }) =>
      whole.has(`.stack/artifacts/${path}`) ? [] : [`The artifact ${path} is missing.`],
    ),
  ];
}
