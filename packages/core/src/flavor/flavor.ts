import type * as z from 'zod';
import type { ComponentTypeName } from '../component/component-types.ts';
import type { ConfigSchema } from '../config/config-schema.ts';
import type { Problem } from '../errors/index.ts';
import type { JsonObject } from '../json.ts';
import type { ComponentDescription } from '../stack/component-description.ts';

export const flavorBrand: unique symbol = Symbol.for('@stack/flavor') as never;

/** A flavor of whatever type: what registries and lists hold. */
export interface AnyFlavor {
  readonly [flavorBrand]: true;
  /** The component type, e.g. `artifact-store`. */
  readonly type: string;
  /** Unique among the flavors of its type, e.g. `s3`. */
  readonly name: string;
  readonly displayName: string | undefined;
  readonly docsUrl: string | undefined;
  readonly logoUrl: string | undefined;
  readonly configSchema: ConfigSchema;
  readonly settingsSchema: ConfigSchema;
  /** Raised when a stored config of an older version needs a migration. */
  readonly configVersion: number;
  /** From version n (the key) to n + 1. */
  readonly migrations: Readonly<Record<number, ConfigMigration>>;
  /** Whether its components can be reached from this machine only, so that a remote orchestrator cannot use them. */
  readonly isLocal: boolean;
  /** What the components of this flavor can do beyond their contract. */
  readonly capabilities: readonly string[];
  /** Loads the module whose default export is the class. This is what brings in the SDK. */
  readonly implementation: () => Promise<{ readonly default: unknown }>;
  /** Problems of a stack with a component of this flavor. Pure, and without network: configs are as stored. */
  readonly validateStack:
    | ((self: ComponentDescription, stack: readonly ComponentDescription[]) => readonly Problem[])
    | undefined;
}

/** A flavor whose type and schemas are known to the compiler. */
export interface Flavor<
  Type extends ComponentTypeName,
  Config extends ConfigSchema = ConfigSchema,
  Settings extends ConfigSchema = ConfigSchema,
> extends AnyFlavor {
  readonly type: Type;
  readonly configSchema: Config;
  readonly settingsSchema: Settings;
}

/** What is stored of a component: its input, with secrets as references and without defaults. */
export interface StoredInput {
  readonly config: JsonObject;
  readonly settings: JsonObject;
}

/**
 * Turns what is stored of one version into that of the next. A field may move from one part to the other; a part that
 * is left out stays as it is. Pure and synchronous, e.g.
 * `({ config: { host, ...config } }) => ({ config: { ...config, url: host } })`.
 */
export type ConfigMigration = (stored: StoredInput) => Partial<StoredInput>;

/** The parsed config of a flavor's components. */
export type ConfigOf<AFlavor extends AnyFlavor> = z.output<AFlavor['configSchema']>;

/** What `createComponent` takes as the config of a flavor. */
export type ConfigInputOf<AFlavor extends AnyFlavor> = z.input<AFlavor['configSchema']>;

/** The parsed settings of a flavor's components. */
export type SettingsOf<AFlavor extends AnyFlavor> = z.output<AFlavor['settingsSchema']>;

/** What a run may override in a flavor's settings. */
export type SettingsInputOf<AFlavor extends AnyFlavor> = z.input<AFlavor['settingsSchema']>;

/** Whether a value is a flavor, of any copy of this package. */
export function isFlavor(value: unknown): value is AnyFlavor {
  return typeof value === 'object' && value !== null && flavorBrand in value;
}
