import { configJsonSchema } from '../config/config-schema.ts';
import { secretFieldPaths } from '../config/json-schema.ts';
import type { FlavorManifest } from '../manifest/manifest.ts';
import type { AnyFlavor } from './flavor.ts';

/** The manifest entry of a flavor. Equal for equal code, on whatever machine. */
export function flavorManifest(flavor: AnyFlavor, exportName: string): FlavorManifest {
  const configSchema = configJsonSchema(flavor.configSchema);
  const { displayName, docsUrl, logoUrl } = flavor;
  return {
    type: flavor.type,
    name: flavor.name,
    ...(displayName === undefined ? {} : { displayName }),
    ...(docsUrl === undefined ? {} : { docsUrl }),
    ...(logoUrl === undefined ? {} : { logoUrl }),
    export: exportName,
    configVersion: flavor.configVersion,
    configSchema,
    settingsSchema: configJsonSchema(flavor.settingsSchema),
    secretFields: [...secretFieldPaths(configSchema), ...secretFieldPaths(configJsonSchema(flavor.settingsSchema))],
    isLocal: flavor.isLocal,
    capabilities: flavor.capabilities,
  };
}
