/** A place where the tree breaks a rule. */
export interface Violation {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** Kebab-case name of the rule. */
  readonly rule: string;
  /** What is wrong, and what to do. */
  readonly message: string;
}
