import type { StackError } from '@stack/core/errors';
import type { Option } from '@stack/core/manifest';
import type { Invocation } from './invocation.ts';

/** An option of a command. One without a `value` is a flag. */
export interface OptionDescription {
  readonly summary: string;
  /** What its value is called in help. */
  readonly value?: string;
  readonly isRepeatable?: boolean;
  readonly isRequired?: boolean;
}

export interface PositionalDescription {
  readonly name: string;
  readonly summary: string;
  readonly isOptional?: boolean;
  /** Whether it takes all that follows, one at least. Only the last one may. */
  readonly isRepeatable?: boolean;
}

/** A command as data: enough to find it, to read its arguments and to print its help. */
export interface CommandDescription {
  /** What is typed after `stack`; the word `<type>` stands for any component type. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly positionals?: readonly PositionalDescription[];
  readonly options?: Readonly<Record<string, OptionDescription>>;
  /** The options that depend on the other arguments, e.g. on the flavor. */
  readonly furtherOptions?: {
    readonly summary: string;
    readonly load: () => Promise<FurtherOptionsModule>;
  };
  readonly load: () => Promise<CommandModule>;
}

export interface CommandModule {
  readonly run: (invocation: Invocation) => Promise<CommandOutput>;
}

export interface FurtherOptionsModule {
  /** `undefined` while the arguments that they depend on are not given. */
  readonly furtherOptions: (invocation: Invocation) => Promise<FurtherOptions | undefined>;
}

/** Options that are known only once other arguments are read. */
export interface FurtherOptions {
  readonly title: string;
  readonly options: readonly FurtherOption[];
  /** Whether an option takes no separate value: in `--name word`, the word is then another argument. */
  readonly isFlag: (name: string) => boolean;
}

export interface FurtherOption {
  /** With its dashes, e.g. `--access-key-id`. */
  readonly option: string;
  /** E.g. `string`. */
  readonly type: string;
  readonly description: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly default?: unknown;
}

/** What was typed after the words of a command. */
export interface CommandArguments {
  readonly positionals: readonly string[];
  /** The values of each option, in the order given; `true` for a flag. */
  readonly options: ReadonlyMap<string, readonly (string | true)[]>;
  /** Options that are not the command's own. */
  readonly furtherOptions: readonly Option[];
}

export interface CommandOutput {
  /** What `--json` prints as `data`. */
  readonly data: unknown;
  /** What people read, without a newline at its end. */
  readonly text: string;
  /** Printed as they are, in the place of the text. */
  readonly bytes?: Uint8Array;
  readonly warnings?: readonly StackError[];
  /** Makes the command fail, although there is something to show. */
  readonly error?: StackError;
}
