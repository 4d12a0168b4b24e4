// The program of a step, for the cases about workers: does what its order says, and speaks as `StepTask` says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '@stack/core';

/** What a worker is ordered to do. */
export interface WorkerStep {
  readonly does: keyof typeof behaviours;
  readonly argument?: JsonValue;
}

// Core takes longer to load than most of what a worker does.
const write =
  process.env.STACK_STEP_MESSAGES === undefined
    ? (text: string) => void writeSync(3, `${text}\n`)
    : (await import('@stack/core')).writeStepMessage;
const tell = (message: JsonValue) => write(JSON.stringify(message));
let hasInputEnded = false;

const behaviours = {
  /** Says what everybody on the machine can read of it. */
  introduce: async () => {
    tell({ pid: process.pid, words: process.argv, environment: Object.values(process.env).map(String) });
    process.stdout.write('out');
    process.stderr.write('err');
  },
  exit: async (argument: JsonValue) => process.exit(Number(argument)),
  tellAndDie: async (argument: JsonValue) => {
    for (let index = 0; index < Number(argument); index++) tell(index);
    process.kill(process.pid, 'SIGKILL');
  },
  /** Leaves a file, and is killed. */
  litter: async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'stack-litter-')), 'left');
    writeFileSync(file, 'left');
    tell(file);
    process.kill(process.pid, 'SIGKILL');
  },
  stop: async () => {
    const told = Promise.withResolvers<void>();
    process.on('SIGTERM', () => told.resolve());
    const alive = setInterval(() => {}, 1_000);
    tell('ready');
    await told.promise;
    clearInterval(alive);
    await delay(100);
    tell('stopped');
  },
  ignore: async () => {
    process.on('SIGTERM', () => {});
    tell(process.pid);
    for (;;);
  },
  leave: async () => {
    const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    tell(left.pid ?? 0);
  },
  wait: async () => {
    await delay(300);
    tell({ hasInputEnded });
  },
  /** Up to 800 MiB. */
  grow: async () => {
    const held: Buffer[] = [];
    while (held.length < 200) {
      held.push(Buffer.alloc(4 * 1024 * 1024, 1));
      await delay(2);
    }
  },
};

const input = createInterface({ input: process.stdin.on('end', () => (hasInputEnded = true)) });
const [line] = (await once(input, 'line')) as [string];
const { does, argument = null } = JSON.parse(line) as WorkerStep;
await behaviours[does](argument);
process.exit(0);
