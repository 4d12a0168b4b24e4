import type { StackError } from '@stack/core/errors';
import type { Option } from '@stack/core/manifest';
import type { DataSchemaName } from '../data-schemas/data-schemas.ts';
import type { Invocation } from './invocation.ts';

/**
 * How deep something goes into what integrations and users wrote: it reads manifests and runs none of their code; it
 * imports modules, such as those of flavors; or it imports the implementations of components too.
 */
export type LoadDepth = 'manifests' | 'modules' | 'implementations';

/**
 * What shells complete a value to: the names of things, where `components` are those of the command's `<type>` and
 * `secret-keys` those of the secret that is its first argument, files, or one of these words.
 */
export type Completion =
  | 'components'
  | 'component-types'
  | 'flavors'
  | 'stacks'
  | 'runs'
  | 'artifacts'
  | 'integrations'
  | 'secrets'
  | 'secret-keys'
  | 'commands'
  | 'files'
  | { readonly componentType: string }
  | { readonly words: readonly string[] };

/** An option of a command. One without a `value` is a flag. */
export interface OptionDescription {
  readonly summary: string;
  /** One letter that means the same: `f` for `-f`. */
  readonly short?: string;
  /** What its value is called in help. */
  readonly value?: string;
  readonly isRepeatable?: boolean;
  readonly isRequired?: boolean;
  /** Default: shells complete nothing. */
  readonly completion?: Completion;
}

export interface PositionalDescription {
  readonly name: string;
  readonly summary: string;
  readonly isOptional?: boolean;
  /** Whether it takes all further words, one at least unless it is optional. Only the last one may. */
  readonly isRepeatable?: boolean;
  /** Default: shells complete nothing. */
  readonly completion?: Completion;
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
    /** Those that come from manifests alone are completed by shells. */
    readonly loads: LoadDepth;
    readonly load: () => Promise<FurtherOptionsModule>;
  };
  /** How deep the command goes; a test holds it to that. */
  readonly loads: LoadDepth;
  /** Name of the schema of what `--json` prints as `data`. */
  readonly data: DataSchemaName;
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
  /** Default: shells complete nothing. */
  readonly completion?: Completion;
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
  /** Whether it is there to show what is masked elsewhere: then data and text are printed as they are. */
  readonly isRevealed?: boolean;
  readonly warnings?: readonly StackError[];
  /** Makes the command fail, although there is something to show. */
  readonly error?: StackError;
}
