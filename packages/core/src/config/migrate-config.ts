import { StackError } from '../errors/index.ts';
import type { AnyFlavor } from '../flavor/flavor.ts';
import type { JsonObject } from '../json.ts';

/**
 * Brings a stored config to the version of an installed flavor.
 *
 * @param subject what the config belongs to, for the message, e.g. `artifact store "prod"`
 * @throws CONFIG_TOO_NEW for a config that a newer version of the flavor stored
 * @throws CONFIG_INVALID when a migration throws
 */
export function migrateConfig(
  flavor: AnyFlavor,
  storedVersion: number,
  config: JsonObject,
  subject: string,
): JsonObject {
  const { type, name, configVersion, migrations } = flavor;
  if (storedVersion > configVersion) {
    throw new StackError({
      code: 'CONFIG_TOO_NEW',
      message: `The config of ${subject} has version ${storedVersion}; the installed flavor ${type}/${name} knows up to ${configVersion}.`,
      hint: `Update the package that brings the flavor ${type}/${name}.`,
    });
  }
  let migrated = config;
  for (let version = storedVersion; version < configVersion; version++) {
    try {
      migrated = migrations[version]?.(structuredClone(migrated)) ?? migrated;
    } catch (error) {
      throw new StackError({
        code: 'CONFIG_INVALID',
        message: `The config of ${subject} cannot be brought from version ${version} to ${version + 1}: ${error instanceof Error ? error.message : String(error)}`,
        hint: `Tell the author of the flavor ${type}/${name}, or set the fields anew: stack ${type} update NAME --field=value`,
        cause: error,
      });
    }
  }
  return migrated;
}
