import { inspect } from 'node:util';

/** Shorter texts are not masked: they stand in too many others by chance. */
const minimumMaskedLength = 6;

/** `util.inspect` shows so much of a string. */
const inspectedLength = 10_000;
/** And so many bytes of a buffer. */
const inspectedBytes = 50;
/** How far `util.inspect` indents the lines of a string, at the depths that it goes to unasked. */
const inspectedIndents = [2, 4, 6, 8, 10, 12];

/** Whether a text is long enough to be masked. */
export function isMaskable(text: string): boolean {
  return text.length >= minimumMaskedLength && text.trim() !== '';
}

/**
 * The texts by which a value shows in an output: itself, its lines, and each of these as it is in JSON, in what
 * `util.inspect` prints, in a URL, in hex and in base64. None for a value that is too short to be masked.
 */
export function maskedForms(value: string): Set<string> {
  const forms = new Set<string>();
  if (!isMaskable(value)) return forms;
  const lines = value.split(/\r\n|[\n\r]/).map((line) => line.trim());
  for (const part of new Set([value, value.slice(0, inspectedLength), ...lines])) {
    if (!isMaskable(part)) continue;
    const encoded = [...urlForms(part), ...hexForms(part), ...base64Forms(part)];
    for (const form of [part, ...escapedForms(part), ...encoded]) forms.add(form);
  }
  // Lines that are long enough are found one by one.
  if (!lines.every(isMaskable)) for (const form of inspectedLines(value)) forms.add(form);
  return forms;
}

/** A long string of several lines, as a sum of strings. */
function inspectedLines(value: string): string[] {
  const lines = value.split(/(?<=\n)/).map((line) => inspect(line, { breakLength: Infinity }));
  return inspectedIndents.map((indent) => lines.join(` +\n${' '.repeat(indent)}`).slice(1, -1));
}

/** What programs make of a text between quotes. */
const escapes: readonly ((text: string) => string)[] = [
  inJson,
  inAsciiJson,
  (text) => inAsciiJson(text).replaceAll(/\\(?:u(....)|.)/g, capitalHex),
  // As Go writes JSON.
  (text) => inJson(text).replaceAll(/[<>&\u2028\u2029]/g, unicodeEscape),
  // Which quotes `inspect` escapes depends on the text around the value.
  inspected,
  (text) => inspected(text).replaceAll("\\'", "'"),
];

/** A text may be part of one that is printed within another. */
function escapedForms(text: string): string[] {
  const once = escapes.map((escaped) => escaped(text));
  return [...once, ...once.flatMap((form) => escapes.map((escaped) => escaped(form)))];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function inAsciiJson(text: string): string {
  return inJson(text).replaceAll(/[\u0080-\uffff]/g, unicodeEscape);
}

/** With single quotes escaped. */
function inspected(text: string): string {
  // All three kinds of quotes at the end make `inspect` take single ones, and escape these.
  return inspect(`${text}'"\``, { breakLength: Infinity, maxStringLength: Infinity }).slice(1, -5);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function capitalHex(escaped: string, hex?: string): string {
  return hex === undefined ? escaped : `\\u${hex.toUpperCase()}`;
}

/** As one part of a URL, as RFC 3986 and signatures of requests want it, as a field of a form, and as a password. */
function urlForms(text: string): string[] {
  const component = encodeURIComponent(text.toWellFormed());
  const strict = component.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  const url = new URL('stack://host');
  url.password = text;
  const forms = [component, strict, new URLSearchParams([['', text]]).toString().slice(1), url.password];
  const inBothCases = forms.flatMap((form) => [
    form,
    form.replaceAll(/%[0-9a-f]{2}/gi, (hex) => hex.toUpperCase()),
    form.replaceAll(/%[0-9a-f]{2}/gi, (hex) => hex.toLowerCase()),
  ]);
  // A URL may have single quotes in it.
  return inBothCases.flatMap((form) => [form, inspected(form)]);
}

/** In both cases, and as a `Buffer` is printed. */
function hexForms(text: string): string[] {
  const hex = Buffer.from(text).toString('hex');
  return [hex, hex.toUpperCase(), hex.slice(0, 2 * inspectedBytes).replaceAll(/..(?=.)/g, '$& ')];
}

/**
 * The value by itself, and what is left of it when other bytes stand around it: wherever it begins in a group of three
 * bytes, the characters that are made of its own bits alone.
 */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const padded = bytes.toString('base64');
  const cores = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  return [padded, padded.replace(/=+$/, ''), ...cores].flatMap((form) => [
    form,
    form.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}
