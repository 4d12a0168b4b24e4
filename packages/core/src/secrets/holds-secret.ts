import { isError } from '../errors/is-error.ts';
import { Secret } from './secret.ts';
import { hasMaskedValues, maskSecrets } from './secret-masker.ts';

/** More is not looked at: an error may lead to a client, and from there to anything. */
const maximumParts = 10_000;

/**
 * Whether a known secret is in what is printed of a value: in its texts and keys at any depth, and in the message, stack
 * and cause of an error. What is too large to be looked through, or cannot be read, counts as holding one.
 */
export function holdsSecret(value: unknown): boolean {
  if (!hasMaskedValues()) return false;
  try {
    // A set may grow while it is walked: what is found is walked too.
    const parts = new Set([value]);
    for (const part of parts) {
      if (typeof part === 'string' && maskSecrets(part) !== part) return true;
      if (typeof part !== 'object' || part === null) continue;
      for (const inner of partsOf(part)) {
        if (parts.size >= maximumParts) return true;
        parts.add(inner);
      }
    }
    return false;
  } catch {
    return true;
  }
}

function partsOf(value: object): readonly unknown[] {
  if (Secret.is(value)) return [];
  if (ArrayBuffer.isView(value)) return [Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()];
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set) return [...value];
  // A getter may do anything, and is not printed.
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value));
  const printed = fields
    .filter(([, { enumerable }]) => enumerable)
    .flatMap(([key, field]) => [key, field.value as unknown]);
  if (!isError(value)) return printed;
  const { name, message, stack, cause } = value;
  return [name, message, stack, cause, value instanceof AggregateError ? value.errors : undefined, ...printed];
}
