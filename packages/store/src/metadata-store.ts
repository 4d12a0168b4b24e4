import type { FlavorManifest, JsonObject, RunStore } from '@stack/core';
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
  readonly flavor: string;
  readonly configVersion: number;
  readonly config: JsonObject;
  readonly settings: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it is one of the parts of the default stack, which cannot be changed. */
  readonly isProtected: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
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
  Partial<Pick<ComponentRecord, 'settings' | 'labels' | 'isProtected'>>;

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
  /** Rejects with `FLAVOR_NOT_FOUND`, and with `IN_USE` while components of this type and flavor exist. */
  remove(type: string, name: string): Promise<void>;
}

export interface ComponentFilter {
  readonly type?: string | undefined;
  readonly flavor?: string | undefined;
  /** Labels that a component has, all of them. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
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
    change: (
      current: ComponentRecord,
    ) => Partial<Pick<ComponentRecord, 'name' | 'config' | 'settings' | 'labels' | 'configVersion'>>,
  ): Promise<ComponentRecord>;
  /** Rejects with `PROTECTED`, `COMPONENT_NOT_FOUND` and, while stacks have it, `IN_USE` naming them. */
  remove(type: string, reference: string): Promise<void>;
}

export interface StackTable {
  /** Rejects with `ALREADY_EXISTS` for a name that is taken, and with `COMPONENT_NOT_FOUND` for an unknown id. */
  add(stack: NewStack): Promise<StackRecord>;
  /** Rejects with `STACK_NOT_FOUND`, with the nearest names. */
  get(reference: string): Promise<StackRecord>;
  /** By name. */
  list(): Promise<readonly StackRecord[]>;
  /** Like the one of components; `components` are ids. */
  update(
    reference: string,
    change: (
      current: StackRecord,
    ) => Partial<Pick<StackRecord, 'name' | 'labels'>> & { readonly components?: readonly string[] },
  ): Promise<StackRecord>;
  /** Rejects with `PROTECTED`, `STACK_NOT_FOUND` and, for the active one, `IN_USE`. */
  remove(reference: string): Promise<void>;
  /** The stack that runs use when none is named. Rejects with `STACK_NOT_FOUND` until one was activated. */
  active(): Promise<StackRecord>;
  activate(reference: string): Promise<StackRecord>;
}

/**
 * Everything that a project knows. Each method commits before it resolves, and several may be called at once.
 *
 * Every method may also reject with `STORE_UNAVAILABLE`, `STORE_CORRUPT` and, when it writes, `NO_SPACE`.
 */
export interface MetadataStore extends AsyncDisposable {
  readonly flavors: FlavorTable;
  readonly components: ComponentTable;
  readonly stacks: StackTable;
  readonly runs: RunStore;
}

export type StoreOptions = StoreLocation & {
  /** Whether to make the store when it does not exist. Default `false`: `STORE_UNAVAILABLE`. */
  readonly create?: boolean;
};
