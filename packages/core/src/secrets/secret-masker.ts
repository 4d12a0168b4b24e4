import { processGlobal } from '../process-global.ts';
import { secretMask } from './secret.ts';

/** Shorter values are not masked: they stand in too many texts by chance. */
const minimumMaskedLength = 6;

const maskedValues = processGlobal('masked-values', () => new Set<string>());

/** Makes `maskSecrets` hide a value from now on, in this process. Values under 6 characters are not masked. */
export function addMaskedValue(value: string): void {
  if (value.length < minimumMaskedLength) return;
  maskedValues.add(value);
  // The form that the value has inside a JSON string.
  maskedValues.add(JSON.stringify(value).slice(1, -1));
}

/** The text with each known secret value replaced by `[secret]`. */
export function maskSecrets(text: string): string {
  // Longest first, so that a value that contains another one leaves no rest.
  const byLength = [...maskedValues].sort((a, b) => b.length - a.length);
  return byLength.reduce((masked, value) => masked.replaceAll(value, secretMask), text);
}
