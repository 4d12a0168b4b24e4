import { formatSecretReference, type SecretReference, type SecretResolver } from '@stack/core';

/**
 * A resolver that finds some references at once, when the first of them is asked for. Where one of them keeps all from
 * being found, each call finds its own: what is wrong with one component hides nothing of another.
 */
export function batchedResolver(resolver: SecretResolver, references: readonly SecretReference[]): SecretResolver {
  let batch: Promise<ReadonlyMap<string, string | undefined>> | undefined;
  const findAll = async () => {
    const values = await resolver.resolve(references);
    return new Map(references.map((reference, index) => [formatSecretReference(reference), values[index]]));
  };
  return {
    resolve: async (asked) => {
      batch ??= findAll().catch(() => new Map());
      const found = await batch;
      const texts = asked.map(formatSecretReference);
      return texts.every((text) => found.has(text)) ? texts.map((text) => found.get(text)) : resolver.resolve(asked);
    },
    describeMissing: (reference) => resolver.describeMissing(reference),
  };
}
