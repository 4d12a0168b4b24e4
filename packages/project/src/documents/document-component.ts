import { StackError } from '@stack/core';
import type { ComponentRecord } from '@stack/store';
import { type FlavorCatalog, type FlavorEntry, findFlavor } from '../flavors/flavor-catalog.ts';
import type { DocumentComponent } from './stack-document.ts';

/** A component as it is stored, in the canonical form. */
export function documentComponent(record: ComponentRecord, catalog: FlavorCatalog): DocumentComponent {
  const { type, name, flavor, configVersion, config, settings, labels } = record;
  const entry = findEntry(catalog, type, flavor);
  return {
    name,
    flavor: entry?.name ?? flavor,
    ...(entry === undefined ? {} : originOf(entry)),
    configVersion,
    config,
    settings,
    labels,
  };
}

export function originOf({ origin }: FlavorEntry): Pick<DocumentComponent, 'package' | 'source'> {
  return origin.kind === 'package' ? { package: origin.package } : { source: origin.source };
}

/** `undefined` for a flavor that is not installed here, or that several packages have. */
export function findEntry(catalog: FlavorCatalog, type: string, flavor: string): FlavorEntry | undefined {
  try {
    return findFlavor(catalog, type, flavor);
  } catch (error) {
    if (StackError.is(error)) return undefined;
    throw error;
  }
}
