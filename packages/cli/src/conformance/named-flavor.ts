import { StackError } from '@stack/core/errors';
import { type FlavorEntry, findFlavor } from '@stack/project/flavors';
import type { Invocation } from '../command-line/invocation.ts';
import { flavorCatalogHere } from '../flavor-catalog-here.ts';

/**
 * The flavor that `FLAVOR` names, whatever its component type; `undefined` for one that is given by its source. Runs no
 * code of a flavor.
 *
 * @throws FLAVOR_NOT_FOUND, FLAVOR_CONFLICT
 * @throws AMBIGUOUS when several types have a flavor of the name, and `--type` does not say which
 */
export async function namedFlavor(invocation: Invocation): Promise<FlavorEntry | undefined> {
  const reference = invocation.positional('FLAVOR');
  if (reference.includes('#')) return undefined;
  const catalog = await flavorCatalogHere(invocation);
  const wantedType = invocation.option('type');
  if (wantedType !== undefined) return findFlavor(catalog, wantedType, reference);
  const name = reference.slice(reference.lastIndexOf(':') + 1);
  const types = [...new Set(catalog.flavors.filter((flavor) => flavor.name === name).map(({ type }) => type))];
  const [type = 'artifact-store', ...others] = types;
  if (others.length === 0) return findFlavor(catalog, type, reference);
  throw new StackError({
    code: 'AMBIGUOUS',
    message: `There is a flavor "${name}" of ${types.join(' and of ')}.`,
    hint: `Say which one: ${types.map((candidate) => `--type ${candidate}`).join(' or ')}`,
  });
}
