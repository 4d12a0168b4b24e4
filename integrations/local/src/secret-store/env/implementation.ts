import {
  type ComponentContext,
  type ErrorCode,
  type SecretContent,
  type SecretScope,
  SecretStore,
  type SecretSummary,
  StackError,
  secretVariable,
} from '@stack/core';
import type { EnvSecretStoreConfig } from './config.ts';

/** The first `__` ends the name. */
const variablePattern = /^STACK_SECRET_([A-Z0-9][A-Z0-9_]*?)__([A-Z0-9_]+)$/;

/**
 * Finds secrets in environment variables: `{{db.password}}` is `STACK_SECRET_DB__PASSWORD`. A variable has no lower case,
 * and `_` for `-` and `.`, so that names and keys that differ in nothing else mean one. The override `environment` takes
 * the place of `process.env`.
 */
export default class EnvSecretStore extends SecretStore<EnvSecretStoreConfig> {
  readonly #environment: NodeJS.ProcessEnv;

  constructor(context: ComponentContext<EnvSecretStoreConfig>) {
    const { environment = process.env, ...overrides } = context.overrides;
    // Whoever prints the component is not to see what it finds.
    super({ ...context, overrides });
    this.#environment = environment as NodeJS.ProcessEnv;
  }

  protected override async doGet(names: readonly string[], scope: SecretScope): Promise<readonly SecretContent[]> {
    return names.flatMap((name) => {
      const prefix = secretVariable({ name, key: '' });
      const values = this.#variables()
        .map(([variable, value]) => [variable.startsWith(prefix) ? variable.slice(prefix.length) : '', value] as const)
        .filter(([key]) => /^[A-Z0-9_]+$/.test(key))
        .map(([key, value]) => [key.toLowerCase(), value] as const);
      return values.length === 0 ? [] : [{ name, scope, values: Object.fromEntries(values) }];
    });
  }

  protected override async doList(scope: SecretScope): Promise<readonly SecretSummary[]> {
    const keys = new Map<string, string[]>();
    for (const [variable] of this.#variables()) {
      const [, name, key] = variablePattern.exec(variable)?.map((part) => part.toLowerCase()) ?? [];
      if (name !== undefined && key !== undefined) keys.set(name, [...(keys.get(name) ?? []), key]);
    }
    return [...keys].map(([name, itsKeys]) => ({ name, scope, keys: itsKeys }));
  }

  protected override async doCreate(): Promise<never> {
    throw this.#readOnly();
  }

  protected override async doUpdate(): Promise<never> {
    throw this.#readOnly();
  }

  protected override async doRename(): Promise<never> {
    throw this.#readOnly();
  }

  protected override async doDelete(): Promise<never> {
    throw this.#readOnly();
  }

  protected override findKey(key: string, keys: readonly string[]): string | undefined {
    const variable = (of: string) => secretVariable({ name: '', key: of });
    return keys.find((candidate) => variable(candidate) === variable(key));
  }

  /** Every error here is a `StackError` already, or the caller's own. */
  protected override mapError(_error: unknown): ErrorCode | undefined {
    return undefined;
  }

  /** The base class lets no write through. */
  #readOnly(): StackError {
    return new StackError({
      code: 'CAPABILITY_UNSUPPORTED',
      message: `The ${this} can be read, and not written.`,
    });
  }

  #variables(): readonly (readonly [string, string])[] {
    return Object.entries(this.#environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  }
}
