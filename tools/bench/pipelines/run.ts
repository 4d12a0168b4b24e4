import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../build/run-command.ts';
import { machine } from '../measure.ts';
import { runNode } from '../start-up.ts';
import type { EnginePlace } from './benched-engine.ts';
import { EngineProcess } from './engine-process.ts';
import { type EngineEntry, type EngineName, engineEntry } from './engines.ts';
import type { CachedFigures, MemoryFigures, PipelineFigures, WorkloadFigures } from './figures.ts';
import { pipelineFile } from './project.ts';
import { itemCounts, type WorkloadName, workload } from './workloads.ts';

export interface RunOptions {
  readonly workloads: readonly WorkloadName[];
  /** How often each engine is timed: an odd number. */
  readonly rounds: number;
  /** Told what is going on. */
  readonly report: (line: string) => void;
}

/** Measures our engine, and others beside it. */
export async function benchmarkPipelines(options: RunOptions): Promise<PipelineFigures> {
  await using resources = new AsyncDisposableStack();
  // All is removed at the end, what servers have too: for minutes after many files were removed, ext4 takes several times as
  // long to make one.
  const root = await temporaryFolder(resources);
  const startServer = startOnce(resources);
  const by: { [Name in EngineName]?: string } = {};
  const found: { [Name in WorkloadName]?: WorkloadFigures } = {};
  const timed = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
    const start = performance.now();
    const result = await work();
    options.report(`${what}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
    return result;
  };
  for (const name of options.workloads) {
    found[name] = await timed(name, () => benchmarkWorkload(name, { root, startServer, by, rounds: options.rounds }));
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    rounds: options.rounds,
    by,
    workloads: found,
    memory: await timed('memory', () => measureMemory(root)),
    cached: await timed('cached', () => benchmarkCached(root, options.rounds)),
  };
}

/** An engine that has had a turn which does not count. */
interface Runner {
  readonly name: EngineName;
  readonly process: EngineProcess;
  readonly times: number[];
}

interface WorkloadOptions {
  /** Where engines keep their files. */
  readonly root: string;
  readonly startServer: StartServer;
  /** Filled with what does the work. */
  readonly by: { [Name in EngineName]?: string };
  readonly rounds: number;
}

async function benchmarkWorkload(
  name: WorkloadName,
  { root, startServer, by, rounds }: WorkloadOptions,
): Promise<WorkloadFigures> {
  const { shape, steps, runs, engines } = workload(name);
  await using resources = new AsyncDisposableStack();
  const lacking: { [Name in EngineName]?: string } = {};
  const runners: Runner[] = [];
  for (const engine of engines) {
    try {
      const process = await openEngine(engine, { root, startServer }, resources);
      if (typeof process === 'string') {
        lacking[engine] = process;
        continue;
      }
      by[engine] = process.by;
      const prepared = await process.process.ask({ ask: 'prepare', shape, steps });
      if (prepared.lacking !== undefined) throw new Error(prepared.lacking);
      await process.process.ask({ ask: 'run', runs });
      runners.push({ name: engine, process: process.process, times: [] });
    } catch (error) {
      lacking[engine] = messageOf(error);
    }
  }
  for (let round = 0; round < rounds; round++) {
    // By turns, every other round backwards: what else the machine does hits all of them.
    for (const { name: engine, process, times } of round % 2 === 0 ? runners : runners.toReversed()) {
      if (lacking[engine] !== undefined) continue;
      try {
        const { milliseconds } = await process.ask({ ask: 'run', runs });
        times.push(round4(milliseconds / runs / steps));
      } catch (error) {
        lacking[engine] = messageOf(error);
      }
    }
  }
  const whole = runners.filter((runner) => lacking[runner.name] === undefined);
  return { times: Object.fromEntries(whole.map((runner) => [runner.name, runner.times])), lacking };
}

type StartServer = (name: EngineName) => ReturnType<NonNullable<EngineEntry['start']>> | undefined;

/** Starts the server that an engine needs, the first time that it is asked for. It runs until the resources are disposed of. */
export function startOnce(resources: AsyncDisposableStack): StartServer {
  const servers = new Map<EngineName, ReturnType<StartServer>>();
  return (name) => {
    const { start } = engineEntry(name);
    const server = servers.get(name) ?? start?.().then((started) => resources.use(started));
    servers.set(name, server);
    return server;
  };
}

/**
 * Opens an engine in a process of its own, with the server that it needs and a folder below the root, which stays; gives
 * why it cannot be used.
 */
export async function openEngine(
  name: EngineName,
  { root, startServer }: Pick<WorkloadOptions, 'root' | 'startServer'>,
  resources: AsyncDisposableStack,
  nodeOptions: readonly string[] = [],
): Promise<{ readonly process: EngineProcess; readonly by: string } | string> {
  const entry = engineEntry(name);
  const obstacle = await entry.whyUnavailable?.();
  if (obstacle !== undefined) return obstacle;
  const server = await startServer(name);
  const folder = await mkdtemp(join(root, `${name}-`));
  const process = resources.use(new EngineProcess(nodeOptions));
  const place: EnginePlace = { folder, url: server?.url, adminUrl: server?.adminUrl };
  const { by } = await process.ask({ ask: 'open', engine: name, place });
  return { process, by };
}

/** Each in a process of its own, whose memory is never less than it was. */
async function measureMemory(root: string): Promise<MemoryFigures> {
  const peak = async (steps: number): Promise<number> => {
    await using resources = new AsyncDisposableStack();
    const opened = await openEngine('ours', { root, startServer: startOnce(resources) }, resources);
    if (typeof opened === 'string') throw new Error(opened);
    const { process } = opened;
    if (steps > 0) {
      await process.ask({ ask: 'prepare', shape: 'map', steps });
      await process.ask({ ask: 'run', runs: 1 });
    }
    return (await process.ask({ ask: 'memory' })).bytes;
  };
  return { idle: await peak(0), few: await peak(itemCounts.few), many: await peak(itemCounts.many) };
}

/** Runs again what is cached, in a process that starts for it, as a program and by the command. */
async function benchmarkCached(root: string, rounds: number): Promise<CachedFigures> {
  const folder = await mkdtemp(join(root, 'cached-'));
  const stack = join(repositoryRoot, 'packages/cli/bin/stack.js');
  const command = [stack, 'pipeline', 'run', `${pipelineFile}#cached`];
  const figures = { first: [], second: [], command: [], node: [] } as { [Name in keyof CachedFigures]: number[] };
  for (let round = -1; round < rounds; round++) {
    await using own = new AsyncDisposableStack();
    const process = own.use(new EngineProcess([]));
    await process.ask({ ask: 'open', engine: 'ours', place: { folder } });
    const inProcess = async () => (await process.ask({ ask: 'run-cached' })).milliseconds;
    const first = await inProcess();
    const second = await inProcess();
    const byCommand = wallTime(() => runNode(folder, command));
    const ofNode = wallTime(() => runNode(folder, ['-e', '0']));
    // The first round fills the cache.
    if (round < 0) continue;
    figures.first.push(round4(first));
    figures.second.push(round4(second));
    figures.command.push(round4(byCommand));
    figures.node.push(round4(ofNode));
  }
  return figures;
}

function wallTime(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

export async function temporaryFolder(resources: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-bench-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function round4(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** What is told of an error in a table. */
function messageOf(error: unknown): string {
  return String(error).replaceAll(/\s+/g, ' ').slice(0, 160);
}
