import { absenceCases } from './cases/absence-cases.ts';
import { atomicityCases } from './cases/atomicity-cases.ts';
import { conditionCases } from './cases/condition-cases.ts';
import { conflictCases } from './cases/conflict-cases.ts';
import { containmentCases } from './cases/containment-cases.ts';
import { digestCases } from './cases/digest-cases.ts';
import { directoryCases } from './cases/directory-cases.ts';
import { garbageCases } from './cases/garbage-cases.ts';
import { globCases } from './cases/glob-cases.ts';
import { moveCases } from './cases/move-cases.ts';
import { rangeCases } from './cases/range-cases.ts';
import { removalCases } from './cases/removal-cases.ts';
import { roundTripCases } from './cases/round-trip-cases.ts';
import { sideBySideCases } from './cases/side-by-side-cases.ts';
import { signedUrlArgumentCases, signedUrlCases } from './cases/signed-url-cases.ts';
import { transferCases } from './cases/transfer-cases.ts';

/** Every case of the suite, by its name. */
export const artifactStoreCases = {
  ...roundTripCases,
  ...rangeCases,
  ...digestCases,
  ...atomicityCases,
  ...conditionCases,
  ...absenceCases,
  ...removalCases,
  ...directoryCases,
  ...containmentCases,
  ...conflictCases,
  ...globCases,
  ...moveCases,
  ...transferCases,
  ...signedUrlCases,
  ...signedUrlArgumentCases,
  ...garbageCases,
  ...sideBySideCases,
};

/** The cases about what a store need not be able to do. */
export const optionalCases = { signedUrl: signedUrlCases };
