import { absenceCases } from './cases/absence-cases.ts';
import { atomicityCases } from './cases/atomicity-cases.ts';
import { conditionCases } from './cases/condition-cases.ts';
import { conflictCases } from './cases/conflict-cases.ts';
import { containmentCases } from './cases/containment-cases.ts';
import { crashCases } from './cases/crash-cases.ts';
import { deniedCases } from './cases/denied-cases.ts';
import { digestCases } from './cases/digest-cases.ts';
import { directoryCases } from './cases/directory-cases.ts';
import { diskCases } from './cases/disk-cases.ts';
import { errorCases } from './cases/error-cases.ts';
import { garbageCases } from './cases/garbage-cases.ts';
import { globCases } from './cases/glob-cases.ts';
import { keyCases } from './cases/key-cases.ts';
import { hugeObjectCases, manyObjectCases } from './cases/long-cases.ts';
import { modelCases } from './cases/model-cases.ts';
import { moveCases } from './cases/move-cases.ts';
import { networkCases, timeoutCases } from './cases/network-cases.ts';
import { rangeCases } from './cases/range-cases.ts';
import { removalCases } from './cases/removal-cases.ts';
import { roundTripCases, sizeCases } from './cases/round-trip-cases.ts';
import { sharedCases } from './cases/shared-cases.ts';
import { sideBySideCases } from './cases/side-by-side-cases.ts';
import { signedUrlArgumentCases, signedUrlCases } from './cases/signed-url-cases.ts';
import { transferCases } from './cases/transfer-cases.ts';

/** Every case of the suite, by its name. */
export const artifactStoreCases = {
  ...roundTripCases,
  ...sizeCases,
  ...rangeCases,
  ...digestCases,
  ...atomicityCases,
  ...conditionCases,
  ...absenceCases,
  ...removalCases,
  ...directoryCases,
  ...keyCases,
  ...containmentCases,
  ...conflictCases,
  ...globCases,
  ...moveCases,
  ...transferCases,
  ...signedUrlCases,
  ...signedUrlArgumentCases,
  ...garbageCases,
  ...errorCases,
  ...modelCases,
  ...sideBySideCases,
  ...sharedCases,
  ...crashCases,
  ...networkCases,
  ...timeoutCases,
  ...deniedCases,
  ...diskCases,
  ...manyObjectCases,
  ...hugeObjectCases,
};

/** The cases about what a store need not be able to do. */
export const optionalCases = { signedUrl: signedUrlCases };
