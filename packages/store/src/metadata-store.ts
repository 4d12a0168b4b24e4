import type { FlavorManifest, JsonObject, RunStore, SealedSecretTable } from '@stack/core';
import type { StoreLocation } from './store-location.ts';

/** A flavor that was registered by its source; flavors of installed packages are found, not registered. */
export interface FlavorRecord {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** `./flavors/my-s3.ts#myS3ArtifactStoreFlavor`, relative to the project's root, or `@acme/pkg#export`. */
  readonly source: string;
  /** What the flavor was when it was registered or last refreshed. */
  readonly manifest: FlavorManifest;
  /** The sha256 of each local file that the flavor is made of, by path relative to the project's root. */
  readonly files: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A registered component. Config and settings are as given: defaults not filled in, secrets as references. */
export interface ComponentRecord {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** The name of its flavor. */
  readonly flavor: string;
  /**
   * The package that its flavor comes from. `undefined` for a flavor that was registered by its source, and as long as
   * nobody loaded a component that was stored without it.
   */
  readonly flavorPackage: string | undefined;
  readonly configVersion: number;
  readonly config: JsonObject;
  readonly settings: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it is one of those that every project has, which cannot be changed. */
  readonly isProtected: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a component was before its config was migrated to a newer version. */
export interface ComponentVersion {
  readonly configVersion: number;
  readonly config: JsonObject;
  readonly settings: JsonObject;
  readonly replacedAt: Date;
}

/** A registered stack. */
export interface StackRecord {
  readonly id: string;
  readonly name: string;
  /** In the order given; the first of a type is its default. */
  readonly components: readonly ComponentRecord[];
  readonly labels: Readonly<Record<string, string>>;
  readonly isProtected: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewFlavor = Pick<FlavorRecord, 'type' | 'name' | 'source' | 'manifest' | 'files'>;

export type NewComponent = Pick<ComponentRecord, 'type' | 'name' | 'flavor' | 'configVersion' | 'config'> &
  Partial<Pick<ComponentRecord, 'flavorPackage' | 'settings' | 'labels' | 'isProtected'>>;

/** What may change in a component. What is not given stays. */
export type ComponentChange = Partial<
  Pick<ComponentRecord, 'name' | 'flavorPackage' | 'config' | 'settings' | 'labels' | 'configVersion'>
>;

export type NewStack = Pick<StackRecord, 'name'> &
  Partial<Pick<StackRecord, 'labels' | 'isProtected'>> & {
    /** Ids of components. */
    readonly components: readonly string[];
  };

export interface FlavorTable {
  /** Rejects with `ALREADY_EXISTS` for a type and name that are taken. */
  add(flavor: NewFlavor): Promise<FlavorRecord>;
  /** Puts another snapshot in the place of a flavor's. Rejects with `FLAVOR_NOT_FOUND`. */
  replace(flavor: NewFlavor): Promise<FlavorRecord>;
  find(type: string, name: string): Promise<FlavorRecord | undefined>;
  /** By type and name. */
  list(filter?: { readonly type?: string | undefined }): Promise<readonly FlavorRecord[]>;
  /**
   * Rejects with `FLAVOR_NOT_FOUND`, and with `IN_USE` naming the components of this type and flavor. Those of a flavor
   * of that name from a package do not count.
   */
  remove(type: string, name: string): Promise<void>;
}

export interface ComponentFilter {
  readonly type?: string | undefined;
  /** The name of a flavor. */
  readonly flavor?: string | undefined;
  /** The package that the flavor comes from. */
  readonly flavorPackage?: string | undefined;
  /** A pattern for the whole name: `*` is any text. */
  readonly name?: string | undefined;
  /** Labels that a component has, all of them. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** At most so many. Default: all. */
  readonly limit?: number | undefined;
  /**
   * Only what comes after this, by type and name: the last component of one page gives the next one, and nothing is
   * skipped or seen twice when others are added or deleted meanwhile.
   */
  readonly after?: { readonly type: string; readonly name: string } | undefined;
}

/** A `reference` is a name, an id, or the beginning of an id that fits one alone (else `AMBIGUOUS`). */
export interface ComponentTable {
  /** Rejects with `ALREADY_EXISTS` for a type and name that are taken. */
  add(component: NewComponent): Promise<ComponentRecord>;
  /** Rejects with `COMPONENT_NOT_FOUND`, with the nearest names. */
  get(type: string, reference: string): Promise<ComponentRecord>;
  /** By type and name. */
  list(filter?: ComponentFilter): Promise<readonly ComponentRecord[]>;
  /**
   * Changes what is given, in one transaction: `change` sees the record as it is and may be called again when another
   * process was faster. Rejects with `PROTECTED`, `COMPONENT_NOT_FOUND` and, for a new name, `ALREADY_EXISTS`.
   */
  update(
    type: string,
    reference: string,
    change: (current: ComponentRecord) => ComponentChange,
  ): Promise<ComponentRecord>;
  /**
   * Like `update`, for what Stack itself changes, the version of a config above all: protected components are changed
   * too. Whenever the version changes, what the component was is kept.
   */
  upgrade(
    type: string,
    reference: string,
    change: (current: ComponentRecord) => ComponentChange,
  ): Promise<ComponentRecord>;
  /** What a component was before its config was migrated, the oldest version first. */
  versions(type: string, reference: string): Promise<readonly ComponentVersion[]>;
  /**
   * Rejects with `PROTECTED`, `COMPONENT_NOT_FOUND` and `IN_USE`: while stacks have it, and of a secret store while it is
   * asked for secrets or holds some.
   */
  remove(type: string, reference: string): Promise<void>;
}

/** In which order the secret stores of a project are asked for a secret. One that is not in the order is not asked. */
export interface SecretStoreTable {
  /** The first that has a secret gives it. */
  order(): Promise<readonly ComponentRecord[]>;
  /**
   * Rejects with `COMPONENT_NOT_FOUND` for an id that is none of a secret store, and with `ARGUMENT_INVALID` for one that
   * is given twice, or none at all.
   */
  setOrder(ids: readonly string[]): Promise<readonly ComponentRecord[]>;
}

export interface StackFilter {
  /** A pattern for the whole name: `*` is any text. */
  readonly name?: string | undefined;
  /** At most so many. Default: all. */
  readonly limit?: number | undefined;
  /** Only what comes after this name: the last stack of one page gives the next one. */
  readonly after?: Pick<StackRecord, 'name'> | undefined;
  /** Labels that a stack has, all of them. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Ids of components that a stack has, all of them. */
  readonly components?: readonly string[] | undefined;
}

/** A stack that is no longer there. */
export interface RemovedStack extends Pick<StackRecord, 'id' | 'name'> {
  /** The components that were removed with it. */
  readonly components: readonly Pick<ComponentRecord, 'id' | 'type' | 'name'>[];
}

export interface StackTable {
  /** Rejects with `ALREADY_EXISTS` for a name that is taken, and with `COMPONENT_NOT_FOUND` for an unknown id. */
  add(stack: NewStack): Promise<StackRecord>;
  /** Rejects with `STACK_NOT_FOUND`, with the nearest names. */
  get(reference: string): Promise<StackRecord>;
  /** By name. */
  list(filter?: StackFilter): Promise<readonly StackRecord[]>;
  /** Like the one of components; `components` are ids. */
  update(
    reference: string,
    change: (
      current: StackRecord,
    ) => Partial<Pick<StackRecord, 'name' | 'labels'>> & { readonly components?: readonly string[] },
  ): Promise<StackRecord>;
  /**
   * Removes a stack and, with `recursive`, those of its components that no other stack has and that are not protected.
   * Rejects with `PROTECTED`, `STACK_NOT_FOUND` and, for the active one, `IN_USE`; then everything stays.
   */
  remove(reference: string, options?: { readonly recursive?: boolean }): Promise<RemovedStack>;
  /** The stack that runs use when none is named. Rejects with `STACK_NOT_FOUND` until one was activated. */
  active(): Promise<StackRecord>;
  activate(reference: string): Promise<StackRecord>;
}

/** The document that a stack was last brought about by. It is forgotten with its stack. */
export interface AppliedDocument {
  readonly document: JsonObject;
  /** Ids of the components that applying made. */
  readonly made: readonly string[];
  readonly appliedAt: Date;
}

export interface AppliedDocumentTable {
  /** `undefined` for a stack that no document brought about. */
  find(stackId: string): Promise<AppliedDocument | undefined>;
  /** Rejects with `STACK_NOT_FOUND` for an unknown id. */
  put(stackId: string, applied: Pick<AppliedDocument, 'document' | 'made'>): Promise<void>;
}

/** What a project has, as opposed to what it ran. */
export interface StoreTables {
  readonly flavors: FlavorTable;
  readonly components: ComponentTable;
  readonly stacks: StackTable;
  readonly appliedDocuments: AppliedDocumentTable;
  readonly secretStores: SecretStoreTable;
}

export interface WriteOptions {
  /** Whether to do all checks and writes and then undo them: the result is what it would be. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Everything that a project knows. Each method commits before it resolves, and several may be called at once.
 *
 * Every method may also reject with `STORE_UNAVAILABLE`, `STORE_CORRUPT` and, when it writes, `NO_SPACE`.
 */
export interface MetadataStore extends StoreTables, AsyncDisposable {
  /** What it is called in messages: the path of its file, or its URL without the password. */
  readonly label: string;
  /** Whether it is a file of this machine, so that steps that run elsewhere cannot reach it. */
  readonly isLocal: boolean;
  readonly runs: RunStore;
  /** For secret stores that keep their secrets here. They are encrypted, and nothing of this package opens them. */
  readonly sealedSecrets: SealedSecretTable;
  /**
   * Reads and writes as one: all of it is kept, or nothing when work throws or it is a dry run.
   *
   * @param work awaits nothing but methods of the tables that it is given, and may be called again when another process
   * was in the way
   */
  transaction<Result>(work: (tables: StoreTables) => Promise<Result>, options?: WriteOptions): Promise<Result>;
}

export type StoreOptions = StoreLocation & {
  /** Whether to make the store when it does not exist. Default `false`: `STORE_UNAVAILABLE`. */
  readonly create?: boolean;
  /**
   * Milliseconds that the process which holds a run may not stir before others take the run over. It is for processes
   * that are stopped or cut off; the run of one that has ended is free at once. The same in all processes of a project.
   * Default 30,000.
   */
  readonly leaseDuration?: number;
  /**
   * What a commit to a SQLite file waits for. `normal`: what was recorded outlives the process, and a power cut may take the
   * latest with it, but leaves a store that is whole. `full`: the disk, so that a power cut takes nothing. Default `normal`.
   */
  readonly synchronous?: 'normal' | 'full';
};
