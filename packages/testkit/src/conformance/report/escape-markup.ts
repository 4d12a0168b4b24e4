const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * A text as content or attribute of XML and HTML. The characters that XML cannot hold in any form become U+FFFD: those of
 * keys and of messages of backends may be any.
 */
export function escapeMarkup(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
      // A parser would make a space of it in an attribute, and lose it at the end of a line.
      .replaceAll(/[\r\n\t]/g, (character) => (character === '\n' ? '\n' : `&#${character.charCodeAt(0)};`))
  );
}
