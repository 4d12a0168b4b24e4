import { type Problem, StackError } from '@stack/core';
import type { ComponentRecord } from '@stack/store';
import { plainSecretProblems } from '../components/input-problems.ts';
import { findPlainSecrets } from '../components/plain-secrets.ts';
import { type FlavorCatalog, type FlavorEntry, findFlavorOf } from '../flavors/flavor-catalog.ts';
import type { DocumentComponent } from './stack-document.ts';

/** A component as it is stored, in the canonical form. */
export function documentComponent(record: ComponentRecord, catalog: FlavorCatalog): DocumentComponent {
  const { name, flavor, flavorPackage, configVersion, config, settings, labels } = record;
  const entry = flavorPackage === undefined ? findEntry(record, catalog) : undefined;
  const origin = entry === undefined ? {} : originOf(entry);
  return {
    name,
    flavor,
    ...(flavorPackage === undefined ? origin : { package: flavorPackage }),
    configVersion,
    config,
    settings,
    labels,
  };
}

/** Where a flavor comes from, as a document says it. */
export function originOf({ origin }: FlavorEntry): Pick<DocumentComponent, 'package' | 'source'> {
  return origin.kind === 'package' ? { package: origin.package } : { source: origin.source };
}

/** Secrets that a component was stored with before their fields became secrets: no document is to hold them. */
export function exposedSecrets(record: ComponentRecord, catalog: FlavorCatalog): Problem[] {
  const { type, name, config, settings } = record;
  const manifest = findEntry(record, catalog)?.manifest;
  if (manifest === undefined) return [];
  const plain = plainSecretProblems(findPlainSecrets(manifest, { config, settings }), record);
  return plain.map((problem) => ({ ...problem, path: `${type}:${name}.${problem.path}` }));
}

/** `undefined` for a flavor that is not installed here, or that several packages have. */
function findEntry(record: ComponentRecord, catalog: FlavorCatalog): FlavorEntry | undefined {
  try {
    return findFlavorOf(catalog, record);
  } catch (error) {
    if (StackError.is(error)) return undefined;
    throw error;
  }
}
