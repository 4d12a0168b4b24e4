import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { maskSecrets, StackError } from '@stack/core';
import type { CaseResult } from '../run-cases.ts';

/** What came of the cases of a suite: JSON values alone. */
export interface ConformanceReport {
  /** Raised when a field changes its meaning. */
  readonly reportVersion: 1;
  readonly componentType: string;
  readonly flavor: string;
  readonly capabilities: readonly string[];
  /** Versions of Node, of the kit, of core, and of what else was given, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** In UTC, as in ISO 8601. */
  readonly startedAt: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly totals: Readonly<Record<CaseResult['outcome'], number>>;
  /** Whether no case failed, and none is declared as unsupported that holds. */
  readonly isConformant: boolean;
  readonly cases: readonly ReportedCase[];
}

export interface ReportedCase {
  readonly name: string;
  readonly outcome: CaseResult['outcome'];
  /** Why it is unsupported or skipped. */
  readonly reason?: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly error?: { readonly code?: string; readonly message: string };
}

export interface ReportSubject {
  readonly componentType: string;
  readonly flavor: string;
  readonly capabilities: readonly string[];
  /** Versions to name beside those of Node, the kit and core, e.g. that of the flavor's package. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly startedAt: Date;
}

/** Puts the results of cases together. No secret that this process knows is in it. */
export function conformanceReport(results: readonly CaseResult[], subject: ReportSubject): ConformanceReport {
  const { componentType, flavor, capabilities, versions, startedAt } = subject;
  const count = (outcome: CaseResult['outcome']) => results.filter((result) => result.outcome === outcome).length;
  const totals = {
    passed: count('passed'),
    failed: count('failed'),
    misdeclared: count('misdeclared'),
    unsupported: count('unsupported'),
    skipped: count('skipped'),
  };
  return {
    reportVersion: 1,
    componentType,
    flavor,
    capabilities,
    versions: {
      node: process.versions.node,
      '@stack/core': versionOf('@stack/core'),
      '@stack/testkit': versionOf('.'),
      ...versions,
    },
    startedAt: startedAt.toISOString(),
    duration: Date.now() - startedAt.getTime(),
    totals,
    isConformant: totals.failed === 0 && totals.misdeclared === 0,
    cases: results.map(reportedCase),
  };
}

function reportedCase({ name, outcome, reason, duration, error }: CaseResult): ReportedCase {
  return {
    name,
    outcome,
    ...(reason === undefined ? {} : { reason: maskSecrets(reason) }),
    duration: Math.round(duration),
    ...(error === undefined ? {} : { error: reportedError(error) }),
  };
}

function reportedError(error: unknown): NonNullable<ReportedCase['error']> {
  const message = maskSecrets(error instanceof Error ? error.message : String(error));
  return StackError.is(error) ? { code: error.code, message } : { message };
}

/** The version of a package as this one finds it; of this one for `.`. */
function versionOf(packageName: string): string {
  const file = findPackageJSON(packageName, import.meta.url);
  if (file === undefined) return 'unknown';
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
