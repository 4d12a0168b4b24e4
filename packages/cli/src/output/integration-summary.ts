import type { Integration } from '@stack/core/discovery';

/** What lists tell of an integration. */
export interface IntegrationSummary {
  readonly package: string;
  readonly version: string;
  readonly folder: string;
  readonly flavors: readonly { readonly type: string; readonly name: string; readonly displayName?: string }[];
  /** Those that it brings itself. */
  readonly componentTypes: readonly string[];
}

export function integrationSummary({ manifest, folder }: Integration): IntegrationSummary {
  return {
    package: manifest.package,
    version: manifest.version,
    folder,
    flavors: manifest.flavors.map(({ type, name, displayName }) => ({
      type,
      name,
      ...(displayName === undefined ? {} : { displayName }),
    })),
    componentTypes: manifest.componentTypes.map(({ name }) => name),
  };
}
