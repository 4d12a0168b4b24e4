import { StackError } from '../errors/index.ts';
import { isError } from '../errors/is-error.ts';
import type { AnyFlavor, StoredInput } from '../flavor/flavor.ts';
import { isPlainObject } from '../json.ts';

/** A component as it was stored. */
export interface StoredComponent extends StoredInput {
  readonly name: string;
  readonly configVersion: number;
  /** The package that its flavor comes from, for the message; `undefined` for a flavor of the project's own. */
  readonly flavorPackage?: string | undefined;
}

/**
 * Brings the config and the settings of a stored component to the version of an installed flavor. Pure: the component
 * stays as it is, and what a migration leaves out of its result stays as it was.
 *
 * @throws CONFIG_TOO_NEW for a component that a newer version of the flavor stored
 * @throws CONFIG_INVALID when a migration throws, or gives something else than objects
 */
export function migrateConfig(flavor: AnyFlavor, component: StoredComponent): StoredInput {
  const { type, configVersion, migrations } = flavor;
  const { name, flavorPackage } = component;
  if (component.configVersion > configVersion) {
    throw new StackError({
      code: 'CONFIG_TOO_NEW',
      message: `The config of ${type} "${name}" has version ${component.configVersion}; the installed flavor ${type}/${flavor.name} knows up to ${configVersion}.`,
      hint:
        flavorPackage === undefined
          ? `Bring the source of the flavor ${type}/${flavor.name} up to date.`
          : `Update the package of the flavor: npm install ${flavorPackage}@latest`,
    });
  }
  let stored: StoredInput = { config: component.config, settings: component.settings };
  for (let version = component.configVersion; version < configVersion; version++) {
    try {
      // A copy, so that a migration which changes its argument changes nothing else.
      const migrated: unknown = migrations[version]?.(structuredClone(stored));
      stored = { ...stored, ...checkMigrated(migrated) };
    } catch (error) {
      throw new StackError({
        code: 'CONFIG_INVALID',
        message: `The config of ${type} "${name}" cannot be brought from version ${version} to ${version + 1}: ${isError(error) ? error.message : String(error)}`,
        hint: `Tell the author of the flavor ${type}/${flavor.name}. Until it is mended, use the version of it that knows config version ${version}.`,
        cause: error,
      });
    }
  }
  return stored;
}

function checkMigrated(migrated: unknown): Partial<StoredInput> {
  if (!isPlainObject(migrated)) throw new Error('the migration gives no object');
  for (const [part, value] of Object.entries(migrated)) {
    if (part !== 'config' && part !== 'settings') throw new Error(`the migration gives "${part}"`);
    if (!isPlainObject(value)) throw new Error(`the migration gives ${part} that are no object`);
  }
  return migrated;
}
