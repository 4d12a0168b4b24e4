import { randomUUID } from 'node:crypto';
import type { ConfigSchema } from '../config/config-schema.ts';
import { findSecrets, parseConfig } from '../config/parse-config.ts';
import type { AnyFlavor, ConfigInputOf, ConfigOf, SettingsInputOf, SettingsOf } from '../flavor/flavor.ts';
import type { JsonObject } from '../json.ts';
import {
  addMaskedValue,
  createEnvironmentSecretResolver,
  resolveSecretReferences,
  type SecretResolver,
} from '../secrets/index.ts';
import { checkName } from './component-name.ts';
import type { ComponentTypeName, ComponentTypes } from './component-types.ts';
import { loadImplementation } from './load-implementation.ts';
import type { AnyComponent } from './stack-component.ts';

export interface ComponentOptions<Config, Settings> {
  readonly name: string;
  readonly config: Config;
  /** Default: what the schema of the settings fills in. */
  readonly settings?: Settings;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: a new UUID. */
  readonly id?: string;
  /** Folder that relative paths in the config are relative to. Default: the working directory. */
  readonly baseDirectory?: string;
  /** Finds the values of `{{name.key}}`. Default: environment variables `STACK_SECRET_<NAME>__<KEY>`. */
  readonly secrets?: SecretResolver;
}

/** A component of a flavor: of whatever type for a flavor that was found at run time. */
export type ComponentOf<AFlavor extends AnyFlavor> = AFlavor['type'] extends ComponentTypeName
  ? ComponentTypes[AFlavor['type']] & {
      readonly config: ConfigOf<AFlavor>;
      readonly settings: SettingsOf<AFlavor>;
    }
  : AnyComponent;

/**
 * Makes a component: resolves the secrets of its config, checks it, and only then imports the flavor's class.
 *
 * @param overrides what is only code, such as an HTTP agent; which keys there are, the flavor's page says
 * @throws ARGUMENT_INVALID for a bad name
 * @throws SECRET_NOT_FOUND with every reference that has no value
 * @throws CONFIG_INVALID with every problem of the config or settings
 * @throws DEPENDENCY_MISSING when a package that the flavor needs is not installed
 */
export async function createComponent<AFlavor extends AnyFlavor>(
  flavor: AFlavor,
  options: ComponentOptions<InputOf<AFlavor, ConfigInputOf<AFlavor>>, InputOf<AFlavor, SettingsInputOf<AFlavor>>>,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<ComponentOf<AFlavor>> {
  checkName('component', options.name);
  const resolver = options.secrets ?? createEnvironmentSecretResolver();
  const input = { config: options.config, settings: options.settings ?? {} };
  const resolved = await resolveSecretReferences(input, resolver);
  const subject = `${flavor.type} "${options.name}"`;
  const config = parseFrozen(flavor.configSchema, resolved.config, subject, 'config');
  const parseSettings = (settings: unknown) => parseFrozen(flavor.settingsSchema, settings, subject, 'settings');
  const settings = parseSettings(resolved.settings);
  const Implementation = await loadImplementation(flavor);
  const component = new Implementation({
    id: options.id ?? randomUUID(),
    name: options.name,
    type: flavor.type,
    flavor: flavor.name,
    config,
    settings,
    settingsSource: {
      // It was parsed, so it is an object, of JSON values: a schema takes no others.
      input: input.settings as JsonObject,
      schema: flavor.settingsSchema,
      parse: async (changed) => parseSettings(await resolveSecretReferences(changed, resolver)),
    },
    labels: Object.freeze({ ...options.labels }),
    baseDirectory: options.baseDirectory ?? process.cwd(),
    overrides,
    capabilities: flavor.capabilities,
  });
  return component as ComponentOf<AFlavor>;
}

/** Whatever it is, for a flavor that was found at run time. */
type InputOf<AFlavor extends AnyFlavor, Input> = AFlavor['type'] extends ComponentTypeName ? Input : unknown;

/** The secrets in it are masked in this process from then on. */
function parseFrozen(schema: ConfigSchema, input: unknown, subject: string, kind: 'config' | 'settings'): object {
  const parsed = parseConfig(schema, input, subject, kind);
  for (const secret of findSecrets(parsed)) addMaskedValue(secret.reveal());
  return Object.freeze(parsed);
}
