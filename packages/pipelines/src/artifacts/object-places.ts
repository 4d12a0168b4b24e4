import type { ArtifactPlace, RunStore } from '@stack/core';

/** Where artifacts are of runs that end with their process, whoever's they are: the same bytes once. */
export const sharedPlace: ArtifactPlace = { folder: 'artifacts', isOwn: false, isCollected: false };

/**
 * Says where in artifact stores the bytes of a run store's artifacts go: into the folder of that run store, under their
 * digest. Where an object of that name is being removed, another name is taken: it could be gone in the next moment.
 */
export class ObjectPlaces {
  readonly #runStore: RunStore | undefined;
  #place: Promise<ArtifactPlace> | undefined;

  /** @param runStore `undefined` for what is not recorded */
  constructor(runStore: RunStore | undefined) {
    this.#runStore = runStore;
  }

  /** The folder that all of it is in. */
  async folder(): Promise<string> {
    return (await this.#ask()).folder;
  }

  async pathOf(sha256: string): Promise<string> {
    const { folder, isCollected } = await this.#ask();
    const path = `${folder}/sha256/${sha256.slice(0, 2)}/${sha256}`;
    // What is condemned after it was asked for the first time is refused when the artifact is recorded.
    for (let copy = 0; isCollected; copy++) {
      const candidate = copy === 0 ? path : `${path}-${copy}`;
      const condemned = await this.#runStore?.findCondemned([candidate]);
      if (condemned === undefined || condemned.length === 0) return candidate;
    }
    return path;
  }

  /** Makes it ask again, after an artifact was refused. */
  refresh(): void {
    this.#place = undefined;
  }

  #ask(): Promise<ArtifactPlace> {
    this.#place ??= this.#runStore?.artifactPlace() ?? Promise.resolve(sharedPlace);
    return this.#place;
  }
}
