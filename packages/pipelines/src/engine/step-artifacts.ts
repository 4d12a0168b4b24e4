import type { ArtifactRecord, NewArtifact, RunStore } from '@stack/core';

/** So many steps are remembered: of a long list of items, the run store knows the others. */
const rememberedSteps = 1_000;

/** What steps have put out, which need not be recorded yet. */
export interface PutOutArtifacts {
  of(step: string): Promise<readonly NewArtifact[]>;
}

/** What the steps of a run have put out. The latest is remembered, as the steps after it take it. */
export class StepArtifacts implements PutOutArtifacts {
  readonly #runId: string;
  readonly #runStore: RunStore;
  readonly #remembered = new Map<string, readonly ArtifactRecord[]>();

  constructor(runId: string, runStore: RunStore) {
    this.#runId = runId;
    this.#runStore = runStore;
  }

  /** None for a step that did not complete. */
  async of(step: string): Promise<readonly ArtifactRecord[]> {
    return (
      this.#remembered.get(step) ??
      this.#runStore.listArtifacts({ runId: this.#runId, step, limit: Number.MAX_SAFE_INTEGER })
    );
  }

  /** Takes note of what a step put out, which is recorded. */
  add(step: string, artifacts: readonly ArtifactRecord[]): void {
    this.#remembered.set(step, artifacts);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > rememberedSteps && oldest !== undefined) this.#remembered.delete(oldest);
  }
}
