import type { ArtifactStore } from '@stack/core';
import type { Project } from '@stack/project';

/** The artifact stores that a command asks, each opened once. */
export class OpenedArtifactStores implements AsyncDisposable {
  readonly #project: Project;
  readonly #opened = new Map<string, Promise<ArtifactStore>>();

  constructor(project: Project) {
    this.#project = project;
  }

  /** @throws what `openArtifactStore` of the components throws */
  readonly open = ({ component }: { readonly component: string }): Promise<ArtifactStore> => {
    const known = this.#opened.get(component);
    if (known !== undefined) return known;
    const opening = this.#project.components.openArtifactStore({ component });
    this.#opened.set(component, opening);
    return opening;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#opened.values()) {
      // Whoever opened it was told of its failure.
      const store = await opening.catch(() => undefined);
      await store?.[Symbol.asyncDispose]();
    }
  }
}
