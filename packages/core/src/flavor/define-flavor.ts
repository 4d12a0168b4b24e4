import * as z from 'zod';
import { getComponentType } from '../component/component-type.ts';
import type { ComponentTypeName, ComponentTypes } from '../component/component-types.ts';
import type { ComponentContext } from '../component/stack-component.ts';
import { optionName } from '../config/coerce-options.ts';
import { type ConfigSchema, configJsonSchema } from '../config/config-schema.ts';
import { type JsonSchema, schemaProperties } from '../config/json-schema.ts';
import { type Problem, StackError } from '../errors/index.ts';
import type { ComponentDescription } from '../stack/component-description.ts';
import { type AnyFlavor, type ConfigMigration, type Flavor, flavorBrand } from './flavor.ts';
import { addKnownFlavor } from './known-flavors.ts';
import { isReservedOption } from './reserved-options.ts';

type NoSettings = z.ZodObject<Record<never, never>>;

export interface FlavorDefinition<
  Type extends ComponentTypeName,
  Config extends ConfigSchema,
  Settings extends ConfigSchema,
> {
  readonly type: Type;
  /** Kebab-case, unique among the flavors of its type. */
  readonly name: string;
  readonly configSchema: Config;
  /** What a run may override. Its fields are not those of the config. Default: none. */
  readonly settingsSchema?: Settings;
  /** `() => import('./implementation.ts')`: the specifier is a literal, so that bundlers keep it lazy. */
  readonly implementation: () => Promise<{
    readonly default: new (context: ComponentContext<z.output<Config>, z.output<Settings>>) => ComponentTypes[Type];
  }>;
  /** Default 1. */
  readonly configVersion?: number;
  /** From version n (the key) to n + 1, for each version before the current one. */
  readonly migrations?: Readonly<Record<number, ConfigMigration>>;
  /** Whether its components can be reached from this machine only. Default `false`. */
  readonly isLocal?: boolean;
  readonly capabilities?: readonly string[];
  readonly validateStack?: (self: ComponentDescription, stack: readonly ComponentDescription[]) => readonly Problem[];
  readonly displayName?: string;
  readonly docsUrl?: string;
  readonly logoUrl?: string;
}

/**
 * Describes a flavor: its type, name, config and, behind a lazy import, its class.
 *
 * @throws FLAVOR_INVALID when the name is not kebab-case, a schema is not one of JSON values, a field is in both schemas,
 * or a field's option is reserved
 * @throws COMPONENT_TYPE_NOT_FOUND when no package defined the type
 */
export function defineFlavor<
  Type extends ComponentTypeName,
  Config extends ConfigSchema,
  Settings extends ConfigSchema = NoSettings,
>(definition: FlavorDefinition<Type, Config, Settings>): Flavor<Type, Config, Settings> {
  const flavor: Flavor<Type, Config, Settings> = {
    [flavorBrand]: true,
    type: definition.type,
    name: definition.name,
    displayName: definition.displayName,
    docsUrl: definition.docsUrl,
    logoUrl: definition.logoUrl,
    configSchema: definition.configSchema,
    // Without a schema `Settings` is `NoSettings`, which this is.
    settingsSchema: definition.settingsSchema ?? (z.object({}) as ConfigSchema as Settings),
    configVersion: definition.configVersion ?? 1,
    migrations: definition.migrations ?? {},
    isLocal: definition.isLocal ?? false,
    capabilities: definition.capabilities ?? [],
    implementation: definition.implementation,
    validateStack: definition.validateStack,
  };
  getComponentType(flavor.type);
  checkDefinition(flavor);
  addKnownFlavor(flavor);
  return Object.freeze(flavor);
}

function checkDefinition({ type, name, configSchema, settingsSchema, configVersion, migrations }: AnyFlavor): void {
  const fail = (message: string, hint?: string): never => {
    throw new StackError({ code: 'FLAVOR_INVALID', message: `The flavor ${type}/${name} ${message}.`, hint });
  };
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    fail('has a name that is not kebab-case', 'Use lower-case letters, digits and single hyphens, e.g. "my-s3".');
  }
  const fieldsOf = (kind: string, schema: ConfigSchema): string[] => {
    // Flavors are written in plain JavaScript too, and run without a check of types.
    if (!(schema instanceof z.ZodObject)) {
      fail(`has a ${kind}Schema that is not an object schema of zod`, `Write ${kind}Schema: z.object({ ... }).`);
    }
    let jsonSchema: JsonSchema;
    try {
      jsonSchema = configJsonSchema(schema);
    } catch (error) {
      return fail(`has a field in its ${kind} that JSON cannot hold: ${(error as Error).message}`);
    }
    // Stack reads a manifest without following references: a secret behind one would not be known as one.
    if ('$defs' in jsonSchema || JSON.stringify(jsonSchema).includes('"$ref":"#')) {
      fail(`has a ${kind} that contains itself, or a schema with an id`, 'Leave out `.meta({ id })` and recursion.');
    }
    return [...schemaProperties(jsonSchema).keys()];
  };
  const configFields = fieldsOf('config', configSchema);
  const settingsFields = fieldsOf('settings', settingsSchema);
  const shared = configFields.find((field) => settingsFields.includes(field));
  if (shared !== undefined) fail(`has the field "${shared}" in its config and in its settings`);
  const reserved = [...configFields, ...settingsFields].find(isReservedOption);
  if (reserved !== undefined) {
    fail(`has the field "${reserved}", and the command has an option ${optionName(reserved)} of its own`);
  }
  for (let version = 1; version < configVersion; version++) {
    if (migrations[version] === undefined) fail(`has no migration from config version ${version}`);
  }
}
