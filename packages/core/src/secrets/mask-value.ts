import { Secret, secretMask } from './secret.ts';
import { hasMaskedValues, maskSecrets } from './secret-masker.ts';

/** No data of a user is so deep, and no stack overflows. */
const maximumDepth = 1_000;

/**
 * A JSON value with each known secret value in its texts and keys replaced by `[secret]`; what holds none is the same
 * object. A number is masked when a secret is its text. An object that is not plain is masked as what JSON makes of it.
 * In the place of an object that contains itself stands `[circular]`, and of one below 1,000 others `[too deep]`.
 */
export function maskValue<Value>(value: Value): Value {
  return hasMaskedValues() ? (maskPart(value, new Map(), 0) as Value) : value;
}

function maskPart(value: unknown, known: Map<object, unknown>, depth: number): unknown {
  if (typeof value === 'string') return maskSecrets(value);
  if (typeof value === 'number') return maskSecrets(String(value)) === secretMask ? secretMask : value;
  if (typeof value !== 'object' || value === null || Secret.is(value) || ArrayBuffer.isView(value)) return value;
  if (depth >= maximumDepth) return '[too deep]';
  if (known.has(value)) return known.get(value);
  known.set(value, '[circular]');
  const masked = maskObject(value, (part) => maskPart(part, known, depth + 1));
  known.set(value, masked);
  return masked;
}

function maskObject(value: object, mask: (part: unknown) => unknown): unknown {
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const json: unknown = value.toJSON();
    const masked = mask(json);
    return masked === json ? value : masked;
  }
  if (Array.isArray(value)) {
    const masked = value.map(mask);
    return masked.every((item, index) => Object.is(item, value[index])) ? value : masked;
  }
  const fields = Object.entries(value);
  const masked = fields.map(([key, item]): [string, unknown] => [maskSecrets(key), mask(item)]);
  const isSame = masked.every(([key, item], index) => key === fields[index]?.[0] && Object.is(item, fields[index][1]));
  return isSame ? value : Object.fromEntries(withUniqueKeys(masked));
}

/** Two secrets may both have been keys. */
function withUniqueKeys(fields: readonly [string, unknown][]): [string, unknown][] {
  const taken = new Set<string>();
  return fields.map(([key, value]) => {
    let unique = key;
    for (let count = 2; taken.has(unique); count++) unique = `${key} ${count}`;
    taken.add(unique);
    return [unique, value];
  });
}
