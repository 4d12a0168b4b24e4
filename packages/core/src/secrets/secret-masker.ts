import { processGlobal } from '../process-global.ts';
import { isMaskable, maskedForms } from './masked-forms.ts';
import { secretMask } from './secret.ts';
import { type Found, type Span, TextFinder } from './text-finder.ts';

/**
 * The values as they are: each copy of this package derives its own forms of them. Another shape would be another
 * number, since copies of other versions read this one.
 */
const maskedValues = processGlobal('masked-values-1', () => new Set<string>());

const finder = new TextFinder();
let knownValues = 0;

/**
 * Makes `maskSecrets` hide a value from now on, in this process: the value itself, its lines, and the forms that they
 * have in JSON, in URLs, in what `util.inspect` prints, in hex and in base64.
 *
 * @returns whether it is hidden: values and lines under 6 characters are not, since they stand in too many texts by
 * chance
 */
export function addMaskedValue(value: string): boolean {
  if (!isMaskable(value)) return false;
  maskedValues.add(value);
  return true;
}

/** Whether there is anything to mask in this process. */
export function hasMaskedValues(): boolean {
  return maskedValues.size > 0;
}

/** The text with each known secret value replaced by `[secret]`. */
export function maskSecrets(text: string): string {
  const { spans } = findMaskedValues(text);
  return spans.length === 0 ? text : replaceSpans(text, spans, 0, text.length).masked;
}

/** Where masked values are in a text, and where one may begin at its end. */
export function findMaskedValues(text: string): Found {
  if (knownValues < maskedValues.size) {
    for (const value of [...maskedValues].slice(knownValues)) {
      for (const form of maskedForms(value)) {
        finder.add(form);
        // A text that is masked twice has no mask within a mask.
        if (secretMask.includes(form)) finder.add(secretMask);
      }
    }
    knownValues = maskedValues.size;
  }
  return knownValues === 0 ? { spans: [], openFrom: text.length } : finder.find(text);
}

/**
 * The text between two places with a mask for each span that begins there. Spans that overlap get one together.
 *
 * @returns also the place up to which the text is masked, which the last span may have beyond the end
 */
export function replaceSpans(
  text: string,
  spans: readonly Span[],
  from: number,
  to: number,
): { readonly masked: string; readonly end: number } {
  let masked = '';
  let end = from;
  for (const [spanStart, spanEnd] of spans) {
    if (spanStart >= to) break;
    if (spanStart >= end) masked += text.slice(end, spanStart) + secretMask;
    end = Math.max(end, spanEnd);
  }
  return { masked: masked + text.slice(end, to), end: Math.max(end, to) };
}
