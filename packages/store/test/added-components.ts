import type { ComponentFilter, ComponentRecord, ComponentTable } from '../src/metadata-store.ts';

/** The components that a test added: without the secret stores that every store has from the start. */
export async function addedComponents(
  components: ComponentTable,
  filter?: ComponentFilter,
): Promise<readonly ComponentRecord[]> {
  return (await components.list(filter)).filter(({ type }) => type !== 'secret-store');
}
