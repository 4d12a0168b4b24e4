import type { ArtifactStore } from '../../../packages/core/src/index.ts';
import { whyUnavailable } from '../../backends/backend.ts';
import { machine, measureWarm } from '../measure.ts';
import type { OperationName } from './benched-store.ts';
import { ContenderProcess } from './contender-process.ts';
import { openArtifactStore } from './contenders/ours.ts';
import { type Contender, type ContenderName, contenderNames, contenders } from './contenders.ts';
import type { ContenderFigures, StoreFigures, WorkloadFigures } from './figures.ts';
import type { Place } from './place.ts';
import { Stage } from './stage.ts';
import { type StoreEntry, type StoreName, stores } from './stores.ts';
import type { Turn } from './turns.ts';
import { type Amount, isLarge, roundsOf, workloads } from './workloads.ts';

export interface RunOptions {
  readonly workloads: readonly OperationName[];
  /** Share of the full sizes, e.g. 0.1. */
  readonly scale: number;
  /** How often each contender is timed with a large object: an odd number. With small ones it is twice as often, and once. */
  readonly rounds: number;
  /** Told what is going on. */
  readonly report: (line: string) => void;
}

/** What the goals of large objects compare. */
const comparedByGoals: readonly ContenderName[] = ['ours', 'raw', 'ours, digest on', 'raw + sha256'];
/** Bytes of the object after which a process holds all that it needs for whatever object. */
const idleSize = 4096;
const largestWarmUp = 64 * 1024 * 1024;

/** Measures all contenders at one place. */
export async function benchmarkStore(name: StoreName, options: RunOptions): Promise<StoreFigures> {
  const entry: StoreEntry = stores[name];
  await using started = await entry.start();
  const { place } = started;
  await using store = await openArtifactStore(place);
  await using stages = new AsyncDisposableStack();
  const by: { [Name in ContenderName]?: string } = {};
  const found: { [Name in OperationName]?: WorkloadFigures } = {};
  for (const workload of entry.workloads.filter((each) => options.workloads.includes(each))) {
    const start = performance.now();
    found[workload] = await benchmarkWorkload({ operation: workload, place, store, stages, entry, by, ...options });
    options.report(`${name} ${workload}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    rounds: options.rounds,
    scale: options.scale,
    by,
    workloads: found,
  };
}

interface WorkloadOptions extends RunOptions {
  readonly operation: OperationName;
  readonly place: Place;
  readonly store: ArtifactStore;
  /** What is to be removed at the end alone. */
  readonly stages: AsyncDisposableStack;
  readonly entry: StoreEntry;
  /** Filled with what does the work. */
  readonly by: { [Name in ContenderName]?: string };
}

/** A contender that has done the work once, and is timed. */
interface Runner {
  readonly name: ContenderName;
  readonly process: ContenderProcess;
  /** One for each round. */
  readonly turns: Turn[];
  /** What its process had held at most when it had done the same with few bytes. */
  readonly idleMemory: number;
}

async function benchmarkWorkload(options: WorkloadOptions): Promise<WorkloadFigures> {
  const { operation, place, store, stages, entry, scale, rounds, by } = options;
  const amount = workloads[operation].amount(scale, entry.smallObjects);
  const count = roundsOf(operation, rounds);
  await using processes = new AsyncDisposableStack();
  const keepsTurns = entry.keepsSmallObjects === true && !isLarge(operation);
  const stage = (keepsTurns ? stages : processes).use(
    await Stage.prepare(operation, amount, [idleSize, warmUpSize(amount)], store, keepsTurns),
  );
  const lacking: { [Name in ContenderName]?: string } = {};
  const runners: Runner[] = [];
  for (const [number, name] of contenderNames.entries()) {
    if (entry.whyFewLarge !== undefined && isLarge(operation) && !comparedByGoals.includes(name)) {
      lacking[name] = entry.whyFewLarge;
      continue;
    }
    const { requirement }: Contender = contenders[name];
    const obstacle = requirement === undefined ? undefined : await whyUnavailable(requirement);
    if (obstacle !== undefined) {
      lacking[name] = obstacle;
      continue;
    }
    const process = processes.use(new ContenderProcess(operation));
    try {
      const opened = await process.open(name, place);
      if (opened.by === undefined) {
        lacking[name] = opened.lacking ?? 'it says nothing';
        continue;
      }
      by[name] = opened.by;
      const idleMemory = isLarge(operation) ? await tryTurn(process, stage, await stage.turn(number, idleSize)) : 0;
      await tryTurn(process, stage, await stage.turn(number, warmUpSize(amount)));
      const turns: Turn[] = [];
      for (let round = 0; round < count; round++) turns.push(await stage.turn(number));
      runners.push({ name, process, idleMemory, turns });
    } catch (error) {
      lacking[name] = messageOf(error);
    }
  }
  const subjects = runners.map(({ name, process, turns }) => ({
    name,
    run: async () => {
      const [turn] = turns;
      if (lacking[name] !== undefined || turn === undefined) return;
      // One that fails keeps none of the others from being timed.
      await process.turn(turn).catch((error: unknown) => {
        lacking[name] = messageOf(error);
        return process[Symbol.asyncDispose]();
      });
    },
    cleanUp: async () => {
      const turn = turns.shift();
      if (turn !== undefined) await stage.cleanUp(turn);
    },
  }));
  const measured = await measureWarm(subjects, count);
  const results: { [Name in ContenderName]?: ContenderFigures } = {};
  for (const [index, { name, process, idleMemory }] of runners.entries()) {
    if (lacking[name] !== undefined) continue;
    const times = (measured[index]?.times ?? []).map((time) => Math.round(time * 1000) / 1000);
    results[name] = isLarge(operation) ? { times, memory: (await process.peakMemory()) - idleMemory } : { times };
  }
  return { ...amount, results, lacking };
}

/** Does a turn that is not timed, and gives the peak of the memory after it. */
async function tryTurn(process: ContenderProcess, stage: Stage, turn: Turn): Promise<number> {
  try {
    await process.turn(turn);
    await stage.check(turn);
  } finally {
    await stage.cleanUp(turn);
  }
  return process.peakMemory();
}

/** A large object need not be moved as a whole for a contender to be warm. */
function warmUpSize({ size }: Amount): number {
  return Math.min(size, largestWarmUp);
}

/** What is told of an error in a table. Some have whole responses in their messages. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s+/g, ' ').slice(0, 160);
}
