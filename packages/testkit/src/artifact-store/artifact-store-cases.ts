import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../conformance/conformance-suite.ts';
import type { ArtifactStoreHooks } from './artifact-store-hooks.ts';
import { absenceCases, missingRootCases } from './cases/absence-cases.ts';
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

/** Every case of the suite, by what it is about. */
export const artifactStoreCaseGroups = {
  'bytes and what is known of them': { ...roundTripCases, ...sizeCases },
  ranges: rangeCases,
  digests: digestCases,
  'atomicity and cancellation': atomicityCases,
  conditions: conditionCases,
  'absence and removal': { ...absenceCases, ...missingRootCases, ...removalCases },
  'directories and listings': directoryCases,
  keys: keyCases,
  'paths and conflicts': { ...containmentCases, ...conflictCases },
  globs: globCases,
  'copies and renames': moveCases,
  'uploads and downloads of folders': transferCases,
  'signed URLs': { ...signedUrlCases, ...signedUrlArgumentCases },
  'garbage collection': garbageCases,
  errors: errorCases,
  'random programs': modelCases,
  'several stores and components': { ...sideBySideCases, ...sharedCases },
  'killed processes and wrong clocks': crashCases,
  'broken connections': { ...networkCases, ...timeoutCases },
  'refused credentials': deniedCases,
  'links and folders on the disk': diskCases,
  'many and huge objects': { ...manyObjectCases, ...hugeObjectCases },
};

type CaseGroups = typeof artifactStoreCaseGroups;

/** The name of a case of the suite for artifact stores. */
export type ArtifactStoreCase = { [Group in keyof CaseGroups]: keyof CaseGroups[Group] }[keyof CaseGroups];

/** Every case of the suite, by its name. */
export const artifactStoreCases: ConformanceCases<ArtifactStore, ArtifactStoreCase, ArtifactStoreHooks> = Object.assign(
  {},
  ...Object.values(artifactStoreCaseGroups),
);

/** The cases about what a store need not be able to do. */
export const optionalCases = { signedUrl: signedUrlCases };
