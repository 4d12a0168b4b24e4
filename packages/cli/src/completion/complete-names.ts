import { discoverIntegrations } from '@stack/core/discovery';
import { readFlavorCatalog } from '@stack/project/flavors';
import { findProjectRoot, storeLocation } from '@stack/project/root';
import { type NameQuery, readNames } from '@stack/store/names';
import { packageFolder } from '../package-folder.ts';
import type { Candidate } from './candidate.ts';

/** The names of the things of a project, by the manifests and the store alone. */
export async function completeNames(
  things: 'components' | 'flavors' | 'stacks' | 'runs' | 'artifacts' | 'integrations' | 'secrets',
  { componentType, workingDirectory }: { readonly componentType: string; readonly workingDirectory: string },
): Promise<Candidate[]> {
  const root = findProjectRoot(workingDirectory);
  if (things === 'flavors') return flavorNames(root, componentType);
  if (things === 'integrations') {
    const { integrations } = discoverIntegrations([...(root === undefined ? [] : [root]), packageFolder]);
    return integrations.map(({ manifest }) => ({ word: manifest.package, note: manifest.version }));
  }
  if (root === undefined) return [];
  const query: NameQuery = things === 'components' ? { of: things, type: componentType } : { of: things };
  return (await readNames(storeLocation(root), query)).map(({ name, note }) => ({ word: name, note }));
}

/** The keys of a secret that is in the metadata store: other secret stores would have to be asked. */
export async function completeSecretKeys(name: string, workingDirectory: string): Promise<Candidate[]> {
  const root = findProjectRoot(workingDirectory);
  if (root === undefined) return [];
  const secrets = await readNames(storeLocation(root), { of: 'secrets' });
  const keys = secrets.filter((secret) => secret.name === name).flatMap(({ note }) => note.split(' '));
  return [...new Set(keys)].map((key) => ({ word: key, note: '' }));
}

/** A name that several packages have is offered with that of the package. */
async function flavorNames(root: string | undefined, componentType: string): Promise<Candidate[]> {
  const { flavors } = await readFlavorCatalog({ root, integrationsFrom: [packageFolder] });
  const byName = Map.groupBy(
    flavors.filter(({ type }) => type === componentType),
    ({ name }) => name,
  );
  return [...byName].flatMap(([name, sameName]) =>
    sameName.map(({ origin, manifest }) => {
      const source = origin.kind === 'package' ? origin.package : origin.source;
      return { word: sameName.length === 1 ? name : `${source}:${name}`, note: manifest.displayName ?? source };
    }),
  );
}
