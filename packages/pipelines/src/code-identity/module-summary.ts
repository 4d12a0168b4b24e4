/** What is known of a module from its text alone: plain JSON, so that it can be kept. */
export interface ModuleSummary {
  readonly units: readonly CodeUnit[];
  /** By local name. */
  readonly imports: Readonly<Record<string, ImportedName>>;
  /** By exported name: a local name, or one of another module. */
  readonly exports: Readonly<Record<string, { readonly local: string } | ImportedName>>;
  /** The modules of `export * from`. */
  readonly stars: readonly string[];
  /** The modules that are evaluated before this one. */
  readonly evaluated: readonly string[];
}

export interface ImportedName {
  readonly specifier: string;
  /** `*` for the module as a whole. */
  readonly name: string;
}

export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** A statement at the top of a module, or one variable of such a statement. */
export interface CodeUnit {
  /** Unique in the module. */
  readonly label: string;
  /** What it declares. */
  readonly names: readonly string[];
  /**
   * `effect`: runs whenever the module is imported, whoever uses its names. `value`: is computed then, for those who use its
   * names, and may do something to others.
   */
  readonly kind: 'declaration' | 'value' | 'pipeline' | 'effect';
  /** Of what it does: comments, formatting and types do not count. */
  readonly digest: string;
  /** Names of the module, imported ones among them, that it mentions. */
  readonly references: readonly string[];
  /** Those among them that it uses when it is evaluated itself, and not only in functions that it makes. */
  readonly referencesAtOnce: readonly string[];
  /** Names of the module that it assigns, or changes a property of. */
  readonly assigned: readonly string[];
  /** Specifiers of the modules that it imports as a whole when it runs. */
  readonly imports: readonly string[];
  /** Where its functions stand in the source: what is in there runs when they are called. */
  readonly functions: readonly SourceRange[];
  /** Why what it does cannot be known. */
  readonly unknown?: { readonly reason: string; readonly line: number };
  /** Where it stands in the source. */
  readonly start: number;
  readonly end: number;
}

/** Part of every key under which a summary is kept: raised when anything of a summary changes. */
export const summaryVersion = 3;
