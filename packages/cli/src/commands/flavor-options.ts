import { findFlavor } from '@stack/project/flavors';
import type { FurtherOptions } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { isFlagOption, schemaOptions } from '../command-line/schema-options.ts';
import { flavorCatalogHere } from '../flavor-catalog-here.ts';

/** The options of the flavor that `--flavor` names, from its manifest alone. */
export async function furtherOptions(invocation: Invocation): Promise<FurtherOptions | undefined> {
  const flavor = invocation.option('flavor');
  if (flavor === undefined) return undefined;
  const { manifest } = findFlavor(await flavorCatalogHere(invocation), invocation.componentType, flavor);
  const schemas = [manifest.configSchema, manifest.settingsSchema];
  return {
    title: `Options of the flavor ${flavor}`,
    options: schemas.flatMap(schemaOptions),
    isFlag: (name) => schemas.some((schema) => isFlagOption(schema, name)),
  };
}
