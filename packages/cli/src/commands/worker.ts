import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readCount } from '../command-line/read-count.ts';
import { openProjectHere } from '../open-project-here.ts';
import { printLine } from '../output/print-line.ts';
import { RunWorker } from '../run-worker.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const concurrency = readCount(invocation, 'concurrency');
  await using project = await openProjectHere(invocation);
  const controller = new AbortController();
  const stop = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, stop);
  const worker = new RunWorker(project, {
    ...(concurrency === undefined ? {} : { concurrency }),
    signal: controller.signal,
    onLine: invocation.isJson ? () => {} : printLine,
  });
  try {
    const runs = await (invocation.flag('once') ? worker.workOnce() : worker.work());
    return { data: runs, text: runs.length === 1 ? 'Went on with 1 run.' : `Went on with ${runs.length} runs.` };
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
