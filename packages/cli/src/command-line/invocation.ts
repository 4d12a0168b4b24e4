import { StackError } from '@stack/core/errors';
import type { Option } from '@stack/core/manifest';
import type { Screen } from '../output/screen.ts';
import type { CommandArguments, CommandDescription } from './command.ts';
import { usage } from './usage.ts';

/** What a command is called with. */
export class Invocation {
  /** The component type in the place of `<type>`; empty for a command without one. */
  readonly componentType: string;
  readonly workingDirectory: string;
  readonly screen: Screen;
  /** Whether the output is one JSON document, so that nothing else may be printed. */
  readonly isJson: boolean;
  /** Whether to do all checks, show what would change, and write nothing: what methods of a project take. */
  readonly dryRun: boolean;
  readonly #command: CommandDescription;
  readonly #arguments: CommandArguments;

  constructor(
    command: CommandDescription,
    commandArguments: CommandArguments,
    context: Pick<Invocation, 'componentType' | 'workingDirectory' | 'screen'>,
  ) {
    this.#command = command;
    this.#arguments = commandArguments;
    this.componentType = context.componentType;
    this.workingDirectory = context.workingDirectory;
    this.screen = context.screen;
    this.isJson = this.flag('json');
    this.dryRun = this.flag('dry-run');
  }

  /** The one-line form of the command. */
  get usage(): string {
    return usage(this.#command, this.componentType);
  }

  /** Words beyond the positional arguments that the command takes. */
  get surplus(): readonly string[] {
    return this.#arguments.positionals.slice(this.#command.positionals?.length ?? 0);
  }

  /** Options that are not the command's own, for it to read by a schema. */
  get furtherOptions(): readonly Option[] {
    return this.#arguments.furtherOptions;
  }

  /** A positional argument; empty for an optional one that was not given. */
  positional(name: string): string {
    const index = (this.#command.positionals ?? []).findIndex((positional) => positional.name === name);
    return this.#arguments.positionals[index] ?? '';
  }

  /** The words of the positional argument that takes all further ones. */
  positionals(name: string): readonly string[] {
    const index = (this.#command.positionals ?? []).findIndex((positional) => positional.name === name);
    return this.#arguments.positionals.slice(index);
  }

  flag(name: string): boolean {
    return this.#arguments.options.has(name);
  }

  option(name: string): string | undefined {
    return this.optionValues(name)[0];
  }

  /** The values of an option that may be repeated. */
  optionValues(name: string): readonly string[] {
    return (this.#arguments.options.get(name) ?? []).filter((value) => value !== true);
  }

  /**
   * The values of an option that are `key=value` pairs.
   *
   * @throws ARGUMENT_INVALID for one that is not
   */
  optionPairs(name: string): readonly (readonly [key: string, value: string])[] {
    return this.optionValues(name).map((text) => {
      const separator = text.indexOf('=');
      if (separator > 0) return [text.slice(0, separator), text.slice(separator + 1)];
      throw new StackError({
        code: 'ARGUMENT_INVALID',
        message: `--${name} ${JSON.stringify(text)} is not a pair of a key and a value.`,
        hint: `Write --${name} key=value.`,
      });
    });
  }
}
