import type { ArtifactStore, OperationOptions } from '@stack/core';
import { type StepLogLine, stepLogFolder } from './step-log.ts';

/** The lines of a step's log, the oldest first; none for a step that printed nothing. */
export async function* readStepLog(
  store: ArtifactStore,
  runId: string,
  step: string,
  options: OperationOptions = {},
): AsyncIterable<StepLogLine> {
  for await (const chunk of store.list(stepLogFolder(runId, step), options)) {
    const lines = (await store.readText(chunk.path, options)).split('\n');
    for (const line of lines.filter((text) => text !== '')) {
      const { time, level, text } = JSON.parse(line) as StepLogLine & { readonly time: string };
      yield { time: new Date(time), level, text };
    }
  }
}
