import type { ArtifactStore, JsonValue } from '@stack/core';

/**
 * What the suite can do with a store beyond `create`. The cases that need a hook are skipped where there is none, and say
 * so. A `root` is that of a store which `create` made, and which is in use meanwhile; the kit disposes what hooks make.
 */
export interface ArtifactStoreHooks {
  /** Makes another store over the same root, as another process would. */
  readonly reopen?: ((root: string) => Promise<ArtifactStore>) | undefined;
  /** For a backend where somebody else has to make the root: makes a store of one that is not there, such as a bucket. */
  readonly missingRoot?: (() => Promise<ArtifactStore>) | undefined;
  /** For a store behind a network: the kit puts a proxy before its server, and breaks connections. */
  readonly network?: NetworkHook | undefined;
  /** Makes stores over the same root whose credentials the system refuses. */
  readonly denied?: DeniedHooks | undefined;
  /** For a store that other processes can reach: the kit starts some, and kills them while they write. */
  readonly worker?: WorkerModule | undefined;
  /** Bytes that an object of the store can have; larger ones are not tried. Default: any number. */
  readonly maximumObjectSize?: number | undefined;
  /** For a store on this disk: the folder of its objects, so that the kit can lay traps there. */
  readonly folderOf?: ((root: string) => string) | undefined;
}

export interface NetworkHook {
  /** Where the server listens, e.g. `http://127.0.0.1:9000`. */
  readonly endpoint: string;
  /** Makes another store over the same root that speaks to this endpoint, with few attempts and short waits. */
  readonly connect: (root: string, endpoint: string) => Promise<ArtifactStore>;
  /**
   * Milliseconds after which what `connect` makes gives up a server that does not answer, all attempts together. At most
   * 10,000. Without it the cases of a server that never answers are skipped.
   */
  readonly timeLimit?: number | undefined;
}

export interface DeniedHooks {
  /** With credentials that nobody has. */
  readonly wrong?: ((root: string) => Promise<ArtifactStore>) | undefined;
  /** With credentials that were right once, such as a token past its time. */
  readonly expired?: ((root: string) => Promise<ArtifactStore>) | undefined;
}

/** What a process of its own imports to make the store. */
export interface WorkerModule {
  /** URL of a module. */
  readonly module: string;
  /** Name of its export: a function `(root: string, input: JsonValue) => Promise<ArtifactStore>`. */
  readonly export: string;
  /** Handed to the function. Default: `null`. */
  readonly input?: JsonValue | undefined;
}
