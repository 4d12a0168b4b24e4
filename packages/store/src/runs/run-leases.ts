import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClaimOptions, RunFence, RunLease } from '@stack/core';
import { runEnded, runHeld, runLeaseLost } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import type { Engine } from '../engine.ts';
import type { RunLeaseRow, Tables } from '../schema/tables.ts';
import { appendRunEvent } from './append-run-event.ts';
import type { HeldRun } from './find-run.ts';

/** Milliseconds after which a holder that does not stir is taken for stopped. */
export const defaultLeaseDuration = 30_000;
/** So many heartbeats may be missed. */
const beatsOfLease = 6;
/** Milliseconds between two looks at a run that is waited for. */
const longestPause = 1_000;

interface OwnLease {
  readonly fence: RunFence;
  readonly name: string;
  readonly controller: AbortController;
}

/**
 * The runs that one open store holds, and those that it takes from others. Two things tell that the holder of a run is gone,
 * and neither looks at a clock that can be set: its lock, which the system frees when the process ends; and, where a
 * process is stopped or cut off, a counter that does not grow any more while whoever waits measures the time. A thread
 * raises the counter too, since a step may keep its process busy for hours.
 */
export class RunLeases implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #duration: number;
  /** The name of the lock that stands for this open store. */
  readonly #holder = randomUUID();
  readonly #own = new Map<string, OwnLease>();
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: AsyncDisposable | undefined;
  #beating: Promise<void> | undefined;

  constructor(engine: Engine, duration: number) {
    this.#engine = engine;
    this.#duration = duration;
  }

  /** Makes the lease of a new run, in the transaction that records the run. Call `prepare` before, and `hold` after it. */
  async insert(database: Kysely<Tables>, runId: string): Promise<void> {
    await database
      .insertInto('run_leases')
      .values({ run_id: runId, epoch: 1, ...this.#holderColumns() })
      .execute();
  }

  /** Takes the lock of this open store. Until then others would take it for dead. */
  async prepare(): Promise<void> {
    await this.#engine.holdLock(this.#holder);
  }

  /** The lease of a run that is recorded as held by this open store. */
  hold(fence: RunFence, name: string): RunLease {
    const controller = new AbortController();
    const own: OwnLease = { fence, name, controller };
    this.#own.set(fence.runId, own);
    this.#timer ??= setInterval(() => this.#beat(), this.#interval).unref();
    return {
      ...fence,
      lost: controller.signal,
      keepWhileBusy: () => this.beatWhileBusy(),
      [Symbol.asyncDispose]: () => this.#giveBack(own),
    };
  }

  /** To be called before code runs that may keep the process busy. Runs that take cached results alone need no thread. */
  beatWhileBusy(): void {
    this.#heartbeat ??= this.#engine.startHeartbeat(this.#holder, this.#interval);
  }

  /** Forgets a lease that its holder gave back in a transaction of its own, by `releasedColumns`. */
  forget({ runId, epoch }: RunFence): void {
    if (this.#own.get(runId)?.fence.epoch === epoch) this.#own.delete(runId);
    if (this.#own.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Tells whoever executes a run here that it was taken away. @returns the error to reject with */
  lose(fence: RunFence, name: string): Error {
    const error = runLeaseLost(name);
    const own = this.#own.get(fence.runId);
    if (own?.fence.epoch === fence.epoch) {
      this.forget(fence);
      own.controller.abort(error);
    }
    return error;
  }

  /** @param find reads the run, which others may change meanwhile */
  async claim(find: () => Promise<HeldRun>, { wait = false, signal }: ClaimOptions): Promise<RunLease> {
    await this.prepare();
    let lastBeat: { readonly epoch: number; readonly heartbeat: number; readonly seen: number } | undefined;
    for (;;) {
      signal?.throwIfAborted();
      const run = await find();
      if (run.state !== 'running') throw runEnded(run.name, run.state);
      if (lastBeat?.epoch !== run.epoch || lastBeat.heartbeat !== run.heartbeat) {
        lastBeat = { epoch: run.epoch, heartbeat: run.heartbeat, seen: performance.now() };
      }
      const isAlive = run.holder !== null && (await this.#engine.isLockHeld(run.holder));
      if (!isAlive || performance.now() - lastBeat.seen >= this.#duration) {
        const lease = await this.#take(run, isAlive);
        if (lease !== undefined) return lease;
      } else if (wait) {
        await sleep(Math.min(longestPause, this.#interval), undefined, { signal });
      } else {
        throw runHeld(run.name, describeHolder(run));
      }
    }
  }

  /** @throws RUN_HELD while the holder of a run lives */
  async checkFree(run: HeldRun): Promise<void> {
    const isAlive = run.holder !== null && (await this.#engine.isLockHeld(run.holder));
    if (isAlive) throw runHeld(run.name, describeHolder(run));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    await this.#heartbeat?.[Symbol.asyncDispose]();
  }

  /** Takes a run, unless another process was faster or its holder stirred. */
  async #take(run: HeldRun, isAlive: boolean): Promise<RunLease | undefined> {
    const epoch = run.epoch + 1;
    const isLastOfHolder = await this.#engine.write(async (database) => {
      const { numUpdatedRows } = await database
        .updateTable('run_leases')
        .set({ epoch, ...this.#holderColumns() })
        .where('run_id', '=', run.id)
        .where('epoch', '=', run.epoch)
        .where('heartbeat', '=', run.heartbeat)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return undefined;
      await interruptSteps(database, run.id);
      await appendRunEvent(database, run.id, null, 'resumed', { epoch });
      const other = await database
        .selectFrom('run_leases')
        .select('run_id')
        .where('holder', '=', run.holder)
        .executeTakeFirst();
      return other === undefined;
    });
    if (isLastOfHolder === undefined) return undefined;
    if (isLastOfHolder && run.holder !== null && !isAlive) await this.#engine.removeLock(run.holder);
    return this.hold({ runId: run.id, epoch }, run.name);
  }

  /** What it cannot record, since the store is away, is no error: with this process, or its session, the run is free. */
  async #giveBack(own: OwnLease): Promise<void> {
    if (this.#own.get(own.fence.runId) !== own) return;
    const release = this.#engine.write(async (database) => {
      await database
        .updateTable('run_leases')
        .set(releasedColumns)
        .where('run_id', '=', own.fence.runId)
        .where('epoch', '=', own.fence.epoch)
        .execute();
    });
    await release.catch(() => {});
    this.forget(own.fence);
  }

  /** One beat for all runs that are held, and a look at whether they still are. */
  #beat(): void {
    this.#beating ??= this.#raiseHeartbeats()
      // A store that is away tells whoever writes the state of a run. Until it is back others may take the runs.
      .catch(() => {})
      .finally(() => {
        this.#beating = undefined;
      });
  }

  async #raiseHeartbeats(): Promise<void> {
    const held = [...this.#own.values()];
    await this.prepare();
    const rows = await this.#engine.write((database) =>
      database
        .updateTable('run_leases')
        .set(({ eb }) => ({ heartbeat: eb('heartbeat', '+', 1) }))
        .where('holder', '=', this.#holder)
        .returning(['run_id', 'epoch'])
        .execute(),
    );
    const epochs = new Map(rows.map(({ run_id, epoch }) => [run_id, epoch]));
    for (const { fence, name } of held) {
      if (epochs.get(fence.runId) !== fence.epoch) this.lose(fence, name);
    }
  }

  /** Milliseconds. */
  get #interval(): number {
    return this.#duration / beatsOfLease;
  }

  #holderColumns(): Omit<RunLeaseRow, 'run_id' | 'epoch'> {
    return { holder: this.#holder, host: hostname(), pid: process.pid, held_since: Date.now(), heartbeat: 0 };
  }
}

/** A run that nobody holds. */
export const releasedColumns = { holder: null, host: null, pid: null, held_since: null } as const;

async function interruptSteps(database: Kysely<Tables>, runId: string): Promise<void> {
  const interrupted = await database
    .updateTable('step_runs')
    .set(({ eb }) => ({ state: 'pending', interruptions: eb('interruptions', '+', 1) }))
    .where('run_id', '=', runId)
    .where('state', '=', 'running')
    .returning(['step', 'attempt'])
    .execute();
  for (const { step, attempt } of interrupted) await appendRunEvent(database, runId, step, 'interrupted', { attempt });
}

function describeHolder({ host, pid, held_since }: HeldRun): string {
  const since = held_since === null ? '' : ` since ${new Date(held_since).toISOString()}`;
  return host === hostname() && pid === process.pid ? `this process${since}` : `the process ${pid} on ${host}${since}`;
}
