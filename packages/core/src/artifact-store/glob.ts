/**
 * The regular expression for a glob over whole keys: `*` and `?` stay within a segment, `**` crosses segments, `[abc]`
 * and `[!a-z]` are one character, `{a,b}` is a choice.
 */
export function globPattern(glob: string): RegExp {
  let pattern = '';
  let depth = 0;
  for (let index = 0; index < glob.length; index++) {
    const character = glob.charAt(index);
    if (character === '*' && glob[index + 1] === '*') {
      const isWholeSegment = (index === 0 || glob[index - 1] === '/') && glob[index + 2] === '/';
      pattern += isWholeSegment ? '(?:[^/]+/)*' : '.*';
      index += isWholeSegment ? 2 : 1;
    } else if (character === '*') pattern += '[^/]*';
    else if (character === '?') pattern += '[^/]';
    else if (character === '[' && glob.indexOf(']', index + 2) > 0) {
      const end = glob.indexOf(']', index + 2);
      const members = glob.slice(index + 1, end).replace(/^!/, '^').replaceAll(/[\\[\]]/g, '\\$&');
      pattern += `(?!/)[${members}]`;
      index = end;
    } else if (character === '{' && glob.indexOf('}', index) > 0) {
      pattern += '(?:';
      depth++;
    } else if (character === '}' && depth > 0) {
      pattern += ')';
      depth--;
    } else if (character === ',' && depth > 0) pattern += '|';
    else pattern += character.replaceAll(/[.+^$()|\\{}[\]]/g, '\\$&');
  }
  return new RegExp(`^${pattern}$`, 'su');
}
