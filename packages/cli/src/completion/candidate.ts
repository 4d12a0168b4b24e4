/** What a shell offers in the place of the word that is being typed. */
export interface Candidate {
  readonly word: string;
  /** For shells that show one. */
  readonly note: string;
}

/** Files, which shells know best, or words. */
export type Candidates = 'files' | readonly Candidate[];
