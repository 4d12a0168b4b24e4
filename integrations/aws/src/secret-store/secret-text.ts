/** The key under which a secret is read whose text is no JSON object, such as one that was made elsewhere. */
const keyOfPlainText = 'value';

// Both are part of ES2026, and not of TypeScript's library yet.
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source: string }) => unknown): unknown;
  rawJSON(text: string): object;
};

/**
 * The values in the text of a secret: those of a JSON object, by key. A value that is no text there, such as a port, is
 * its JSON; a text that is no JSON object is the value of the key `value`.
 */
export function valuesOfText(text: string): Record<string, string> {
  const members = membersOf(text);
  if (members === undefined) return { [keyOfPlainText]: text };
  return mapEntries(members, (_, member) => textOfMember(member));
}

/** The text with other values in it. What keeps its value is written as it was. */
export function withValues(text: string, values: Readonly<Record<string, string>>): string {
  const members = membersOf(text);
  if (members === undefined) {
    const [key, ...others] = Object.keys(values);
    const plain = values[keyOfPlainText];
    return key === keyOfPlainText && others.length === 0 && plain !== undefined ? plain : textOf(values);
  }
  return textOf(
    mapEntries(values, (key, value) => {
      const member = Object.hasOwn(members, key) ? members[key] : undefined;
      return member !== undefined && textOfMember(member) === value ? member : value;
    }),
  );
}

export function textOf(values: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(values);
}

function membersOf(text: string): Record<string, unknown> | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    // A number keeps the digits that it is written with.
    return parse(text, (_, value, { source }) => (typeof value === 'number' ? rawJSON(source) : value)) as Record<
      string,
      unknown
    >;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textOfMember(member: unknown): string {
  return typeof member === 'string' ? member : JSON.stringify(member);
}

function mapEntries<Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (key: string, value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(key, value)]));
}
