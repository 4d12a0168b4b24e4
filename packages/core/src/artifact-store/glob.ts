import { StackError } from '../errors/index.ts';

/**
 * The regular expression for a glob over whole keys: `*` and `?` stay within a segment, `**` crosses segments, `[abc]`
 * and `[!a-z]` are one character, `{a,b}` is a choice.
 *
 * @throws ARGUMENT_INVALID for a `{` that is not closed, or a range such as `[z-a]`
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
    else if (character === '[' && setEnd(glob, index) > 0) {
      const end = setEnd(glob, index);
      const members = glob
        .slice(index + 1, end)
        .replace(/^!/, '^')
        .replaceAll(/[\\[\]]/g, '\\$&');
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
  try {
    return new RegExp(`^${pattern}$`, 'su');
  } catch (error) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `The pattern ${JSON.stringify(glob)} is not one.`,
      hint: 'Close each "{" by a "}", and write ranges upwards: [a-z].',
      cause: error,
    });
  }
}

/** What has to be listed to find what fits a glob: the part of it that is literal. */
export function globScope(glob: string): {
  readonly directory: string;
  readonly prefix: string;
  readonly recursive: boolean;
} {
  const literal = /^[^*?[{]*/.exec(glob)?.[0] ?? '';
  const slash = literal.lastIndexOf('/');
  const rest = glob.slice(literal.length);
  return {
    directory: literal.slice(0, Math.max(slash, 0)),
    prefix: literal.slice(slash + 1),
    recursive: rest.includes('/') || rest.includes('**'),
  };
}

/** Where a set ends; a `]` that comes first is one of its members. Negative for a `[` that begins none. */
function setEnd(glob: string, start: number): number {
  const first = start + (/[!^]/.test(glob.charAt(start + 1)) ? 2 : 1);
  return glob.indexOf(']', first + 1);
}
