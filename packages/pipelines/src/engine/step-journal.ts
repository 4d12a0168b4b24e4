import { didYouMean, type JsonObject, type NewArtifact, type PlanStep, StackError, type StepInput } from '@stack/core';
import { loadArtifact } from '../artifacts/artifact-content.ts';
import { recordedMetadata } from '../artifacts/artifact-metadata.ts';
import type { ObjectPlaces } from '../artifacts/object-places.ts';
import { withStoreOf } from '../artifacts/open-store-of.ts';
import type { RecentBytes } from '../artifacts/recent-bytes.ts';
import { type SaveArtifactOptions, storeNamedArtifact } from '../artifacts/save-artifact.ts';
import type { ValueScope } from '../artifacts/value-scope.ts';
import type { StepContext } from '../step/step-context.ts';
import type { RunArtifacts } from './load-inputs.ts';

/** What is recorded of a step with its end, beside the state. */
export interface StepRecords {
  readonly artifacts: readonly NewArtifact[];
  /** What it loaded by itself. */
  readonly inputs: readonly StepInput[];
  readonly metadata: JsonObject;
  readonly runMetadata: JsonObject | undefined;
}

/** How an attempt of a step stores and loads values. */
export interface ValueHandling {
  /** Lasts as long as the attempt. */
  readonly scope: ValueScope;
  readonly signal: AbortSignal;
  /** Paths whose bytes are known to be wrong: they are replaced. */
  readonly damaged: ReadonlySet<string>;
  readonly places: ObjectPlaces;
  readonly recent: RecentBytes | undefined;
  readonly warn: (message: string) => void;
}

/** An attempt of a step, or of an item of one. */
interface Attempt {
  /** Name of the step run. */
  readonly name: string;
  readonly step: PlanStep;
  readonly handling: ValueHandling;
}

/**
 * What an attempt of a step saves, loads and logs beside what it takes and returns. It is recorded with the end of the step,
 * and of an attempt that fails it is forgotten: whoever sees an artifact can rely on the step that made it.
 */
export class StepJournal implements Pick<StepContext, 'saveArtifact' | 'loadArtifact' | 'logMetadata'> {
  readonly #run: RunArtifacts;
  readonly #attempt: Attempt;
  readonly #saved: NewArtifact[] = [];
  readonly #saving = new Set<Promise<unknown>>();
  readonly #loaded: StepInput[] = [];
  #logged: JsonObject | undefined;
  #runLogged: JsonObject | undefined;
  readonly #outputsLogged = new Map<string, JsonObject>();
  #hasEnded = false;

  constructor(run: RunArtifacts, attempt: Attempt) {
    this.#run = run;
    this.#attempt = attempt;
  }

  readonly saveArtifact = async (name: string, value: unknown, options: SaveArtifactOptions = {}): Promise<void> => {
    this.#checkOpen();
    const { runId, stack, materializers } = this.#run;
    const { name: step, handling } = this.#attempt;
    const origin = { name, runId, step, output: undefined };
    const saving = storeNamedArtifact(stack.artifactStore, value, materializers, origin, {
      ...options,
      ...handling,
    });
    this.#saving.add(saving);
    try {
      const saved = await saving;
      this.#checkOpen();
      this.#saved.push(saved);
    } finally {
      this.#saving.delete(saving);
    }
  };

  readonly loadArtifact = async (reference: string): Promise<unknown> => {
    this.#checkOpen();
    const { runStore, stack, openArtifactStore, materializers } = this.#run;
    const { scope, signal } = this.#attempt.handling;
    const artifact = await runStore.getArtifact(reference);
    const value = await withStoreOf(artifact, stack, openArtifactStore, (store) =>
      loadArtifact(store, artifact, materializers, { scope, signal }),
    );
    this.#loaded.push({ input: reference, artifactId: artifact.id, isLoaded: true });
    return value;
  };

  readonly logMetadata: StepContext['logMetadata'] = (metadata, target = 'step') => {
    this.#checkOpen();
    const added = recordedMetadata(metadata);
    if (target === 'step') this.#logged = { ...this.#logged, ...added };
    else if (target === 'run') this.#runLogged = { ...this.#runLogged, ...added };
    else {
      const { output } = target;
      this.#checkOutput(output);
      this.#outputsLogged.set(output, { ...this.#outputsLogged.get(output), ...added });
    }
  };

  /** Waits for what is being saved. Of what cannot be, the step is told by what it called. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#saving);
  }

  /** Ends the attempt: nothing is saved, loaded or logged any more. */
  end(outputs: readonly NewArtifact[], metadata: JsonObject): StepRecords {
    this.#hasEnded = true;
    const described = outputs.map((artifact) => {
      const logged = this.#outputsLogged.get(artifact.output ?? '');
      return logged === undefined ? artifact : { ...artifact, metadata: { ...artifact.metadata, ...logged } };
    });
    return {
      artifacts: [...described, ...this.#saved],
      inputs: this.#loaded,
      metadata: {
        ...metadata,
        ...(this.#logged === undefined ? {} : { logged: this.#logged }),
        ...(this.#runLogged === undefined ? {} : { loggedOfRun: this.#runLogged }),
      },
      runMetadata: this.#runLogged,
    };
  }

  #checkOpen(): void {
    if (!this.#hasEnded) return;
    throw new StackError({
      code: 'PRECONDITION_FAILED',
      message: `The step "${this.#attempt.name}" has ended: nothing can be saved, loaded or logged by it any more.`,
      hint: 'Await everything in the function of the step.',
    });
  }

  #checkOutput(output: string): void {
    const { name, step } = this.#attempt;
    if (step.outputs.includes(output)) return;
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `The step "${name}" has no output "${output}".`,
      hint: didYouMean(output, step.outputs) ?? `It has ${step.outputs.join(', ')}.`,
    });
  }
}
