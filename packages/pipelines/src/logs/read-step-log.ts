import type { ArtifactStore, OperationOptions } from '@stack/core';
import { type StepLogLine, stepLogFolder } from './step-log.ts';

/** Some lines of a log, which were stored together. */
interface StepLogChunk {
  readonly path: string;
  readonly lines: readonly StepLogLine[];
}

export interface ChunkOptions extends OperationOptions {
  /** Path of a chunk: only those after it are read. Default: from the first. */
  readonly after?: string | undefined;
}

/** The lines of a step's log, the oldest first; none for a step that printed nothing. */
export async function* readStepLog(
  store: ArtifactStore,
  runId: string,
  step: string,
  options: OperationOptions = {},
): AsyncIterable<StepLogLine> {
  for await (const { lines } of readStepLogChunks(store, runId, step, options)) yield* lines;
}

/** A step's log as it is stored, a chunk at a time. */
export async function* readStepLogChunks(
  store: ArtifactStore,
  runId: string,
  step: string,
  { after = '', signal }: ChunkOptions = {},
): AsyncIterable<StepLogChunk> {
  for await (const { path } of store.list(stepLogFolder(runId, step), { signal })) {
    if (path <= after) continue;
    const lines = (await store.readText(path, { signal })).split('\n').filter((line) => line !== '');
    yield { path, lines: lines.map(parseLine) };
  }
}

function parseLine(line: string): StepLogLine {
  const { time, level, text } = JSON.parse(line) as StepLogLine & { readonly time: string };
  return { time: new Date(time), level, text };
}
