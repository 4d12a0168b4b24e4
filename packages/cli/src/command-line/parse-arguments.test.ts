import { describe, expect, it } from 'vitest';
import type { CommandDescription } from './command.ts';
import { argumentsError, parseArguments } from './parse-arguments.ts';
import { usage } from './usage.ts';

const load = () => Promise.reject(new Error('not loaded'));

const command: CommandDescription = {
  words: ['thing', 'make'],
  summary: 'Make a thing.',
  positionals: [
    { name: 'NAME', summary: 'Its name.' },
    { name: 'PLACE', summary: 'Where.', isOptional: true },
  ],
  options: {
    size: { short: 's', value: 'SIZE', summary: 'How large.' },
    label: { value: 'KEY=VALUE', summary: 'A label.', isRepeatable: true },
    fast: { summary: 'At once.' },
    kind: { value: 'KIND', summary: 'Which.', isRequired: true },
  },
  loads: 'manifests',
  data: 'version',
  load,
};

const open: CommandDescription = { ...command, furtherOptions: { summary: 'More.', loads: 'manifests', load } };

function messages(words: readonly string[]): string[] {
  return parseArguments(command, words).problems.map(({ message }) => message);
}

describe('parseArguments', () => {
  it('reads positionals, values in both forms, flags and repeated options', () => {
    const words = ['a', '--size', '3', '--label=x=1', '--label', 'y=2', '--fast', 'b', '--kind=k'];
    const { positionals, options, problems } = parseArguments(command, words);
    expect(positionals).toEqual(['a', 'b']);
    expect(Object.fromEntries(options)).toEqual({ size: ['3'], label: ['x=1', 'y=2'], fast: [true], kind: ['k'] });
    expect(problems).toEqual([]);
  });

  it('takes a negative number as a value, and another option not', () => {
    expect(parseArguments(command, ['a', '--size', '-3', '--kind=k']).options.get('size')).toEqual(['-3']);
    expect(messages(['a', '--kind=k', '--size', '--fast'])).toEqual(['the option --size needs a value']);
  });

  it('takes everything after -- as it is', () => {
    expect(parseArguments(command, ['--kind=k', '--', '--fast', '-x']).positionals).toEqual(['--fast', '-x']);
  });

  it('keeps line breaks and further = in a value', () => {
    expect(parseArguments(command, ['a', '--kind=k', '--size=a=b\nc']).options.get('size')).toEqual(['a=b\nc']);
  });

  it('takes a letter for the option that it is short for', () => {
    expect(parseArguments(command, ['-h']).options.has('help')).toBe(true);
    expect(parseArguments(command, ['a', '--kind=k', '-s', '3']).options.get('size')).toEqual(['3']);
  });

  it.each([
    [[], ['the argument NAME is missing', 'the option --kind is missing']],
    [['a', 'b', 'c', '--kind=k'], ['the argument "c" is one too many']],
    [['a', '--kind=k', '--kind=l'], ['the option --kind is given twice']],
    [['a', '--kind=k', '--fast=yes'], ['the option --fast takes no value']],
    [['a', '--kind='], ['the option --kind needs a value']],
    [
      ['a', '--kind=k', '--sise=1', '-x'],
      ['there is no option --sise', 'there is no option -x'],
    ],
    [['a', '--kind=k', '--constructor=1'], ['there is no option --constructor']],
  ])('tells every problem of %j', (words, expected) => {
    expect(messages(words)).toEqual(expected);
  });

  it('gives all that follows to a last positional that may be repeated, and wants one', () => {
    const repeatable: CommandDescription = {
      words: ['thing', 'drop'],
      summary: 'Drop.',
      positionals: [
        { name: 'NAME', summary: 'Its name.' },
        { name: 'KEY', summary: 'Keys.', isRepeatable: true },
      ],
      loads: 'manifests',
      data: 'help',
      load,
    };
    expect(parseArguments(repeatable, ['a', 'b', 'c', 'd'])).toMatchObject({
      positionals: ['a', 'b', 'c', 'd'],
      problems: [],
    });
    const { problems } = parseArguments(repeatable, ['a']);
    expect(problems.map(({ message }) => message)).toEqual(['the argument KEY is missing']);
    expect(argumentsError(usage(repeatable), [...problems, ...problems]).hint).toBe(
      'Usage: stack thing drop NAME KEY...',
    );
  });

  it('keeps options that it does not know for a command that has further ones, in their order', () => {
    const further = { title: '', options: [], isFlag: (name: string) => name === 'verbose' };
    const words = ['a', '--kind=k', '--path', 'p', '--verbose', 'b', '--rate=1', '--dry'];
    const parsed = parseArguments(open, words, further);
    expect(parsed.furtherOptions).toEqual([
      ['path', 'p'],
      ['verbose', true],
      ['rate', '1'],
      ['dry', true],
    ]);
    expect(parsed.positionals).toEqual(['a', 'b']);
  });
});

describe('argumentsError', () => {
  it('has the code and the hint of a single problem', () => {
    const error = argumentsError(usage(command), parseArguments(command, ['a', '--kind=k', '--sise=1']).problems);
    expect(error).toMatchObject({
      code: 'OPTION_UNKNOWN',
      message: 'There is no option --sise.',
      hint: 'Did you mean "--size"?',
    });
  });

  it('has all problems, and the usage as its hint', () => {
    const error = argumentsError(usage(command), parseArguments(command, ['--sise=1']).problems);
    expect(error.code).toBe('ARGUMENT_INVALID');
    expect(error.problems).toHaveLength(3);
    expect(error.hint).toBe('Usage: stack thing make NAME [PLACE] --kind KIND [options]');
  });
});
