import type { FlavorEntry } from '@stack/project/flavors';
import type { FurtherOptions } from './command.ts';
import { isFlagOption, schemaOptions } from './schema-options.ts';

/** The options of the components of a flavor, from its manifest alone. */
export function flavorFurtherOptions({ name, manifest }: FlavorEntry): FurtherOptions {
  const schemas = [manifest.configSchema, manifest.settingsSchema];
  return {
    title: `Options of the flavor ${name}`,
    options: schemas.flatMap(schemaOptions),
    isFlag: (option) => schemas.some((schema) => isFlagOption(schema, option)),
  };
}
