import {
  type AnyComponent,
  type AnyFlavor,
  checkConfig,
  configError,
  type ErrorCode,
  loadImplementation,
  maskSecrets,
  migrateConfig,
  type Problem,
  parseConfig,
  resolveSecretReferences,
  type SecretResolver,
  StackError,
  type StoredInput,
  unhealthy,
} from '@stack/core';
import { optionName } from '@stack/core/manifest';
import type { ComponentRecord } from '@stack/store';
import type { ProjectFlavors } from '../flavors/project-flavors.ts';

/** A problem that can be branched on. */
export type CodedProblem = Problem & { readonly code: ErrorCode };

/** One thing that was looked at. */
export interface ComponentCheck {
  readonly check: 'flavor' | 'config' | 'secrets' | 'implementation' | 'probe';
  /** `skipped` for what could not be looked at; `message` says why. */
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly message?: string;
  /** What is wrong; empty unless it failed. */
  readonly problems: readonly CodedProblem[];
}

/** What was found out about one component of a stack. */
export interface ComponentDiagnosis extends Pick<ComponentRecord, 'id' | 'type' | 'name' | 'flavor'> {
  readonly checks: readonly ComponentCheck[];
}

export interface ExaminedComponent {
  readonly diagnosis: ComponentDiagnosis;
  /** Its config as the installed flavor wants it, where that is known. */
  readonly component: ComponentRecord;
  /** `undefined` when it cannot be loaded. */
  readonly flavor: AnyFlavor | undefined;
}

export interface ExaminationTools {
  readonly flavors: ProjectFlavors;
  readonly secrets: SecretResolver;
  readonly open: (record: ComponentRecord) => Promise<AnyComponent>;
}

export interface ExaminationOptions {
  /** `config` loads no implementation, `implementation` does, `probe` asks the system behind it too. */
  readonly depth: 'config' | 'implementation' | 'probe';
  /** For each check, in milliseconds. */
  readonly timeLimit: number;
}

/** Looks at everything that a component needs to work. It never rejects: what fails is in the diagnosis. */
export async function examineComponent(
  record: ComponentRecord,
  { flavors, secrets, open }: ExaminationTools,
  { depth, timeLimit }: ExaminationOptions,
): Promise<ExaminedComponent> {
  const attempt = async <Value>(
    check: ComponentCheck['check'],
    work: () => Promise<Value>,
  ): Promise<Attempt<Value>> => {
    try {
      const value = await withinLimit(work(), timeLimit, check);
      return { check: { check, outcome: 'passed', problems: [] }, value };
    } catch (error) {
      return { check: { check, outcome: 'failed', problems: problemsOf(error, record) } };
    }
  };
  const { config, settings } = record;
  const loading = await attempt('flavor', () => flavors.loadOf(record));
  const resolving = await attempt('secrets', () => resolveSecretReferences({ config, settings }, secrets));
  const flavor = loading.value?.flavor;
  const checks = [loading.check];
  let current = record;
  if (flavor === undefined) checks.push(skipped('config', 'its flavor cannot be loaded'), resolving.check);
  else {
    const migrating = await attempt('config', async () => checkInput(flavor, record, resolving.value));
    checks.push(migrating.check, resolving.check);
    current = migrating.value ?? record;
  }
  if (depth !== 'config') {
    checks.push(
      flavor === undefined
        ? skipped('implementation', 'its flavor cannot be loaded')
        : (await attempt('implementation', () => loadImplementation(flavor))).check,
    );
  }
  if (depth === 'probe') {
    const isReady = checks.every(({ outcome }) => outcome === 'passed');
    checks.push(isReady ? await probe(record, open, attempt) : skipped('probe', 'the component cannot be made'));
  }
  const { id, type, name } = record;
  return { diagnosis: { id, type, name, flavor: record.flavor, checks }, component: current, flavor };
}

interface Attempt<Value> {
  readonly check: ComponentCheck;
  /** What came of it; `undefined` when it failed. */
  readonly value?: Value;
}

function skipped(check: ComponentCheck['check'], message: string): ComponentCheck {
  return { check, outcome: 'skipped', message, problems: [] };
}

/**
 * Checks a stored input against the installed flavor, the values of its secrets included where they are known, and
 * gives the record with the config that this flavor wants.
 */
function checkInput(flavor: AnyFlavor, record: ComponentRecord, resolved: StoredInput | undefined): ComponentRecord {
  const input = migrateConfig(flavor, resolved === undefined ? record : { ...record, ...resolved });
  const check = resolved === undefined ? checkConfig : parseProblems;
  const problems = [...check(flavor.configSchema, input.config), ...check(flavor.settingsSchema, input.settings)];
  if (problems.length > 0) throw configError(`${record.type} "${record.name}"`, problems);
  return resolved === undefined ? { ...record, ...input } : { ...record, ...migrateConfig(flavor, record) };
}

/** Like `checkConfig`, for an input whose secrets are resolved. */
function parseProblems(...[schema, input]: Parameters<typeof checkConfig>): readonly Problem[] {
  try {
    parseConfig(schema, input, '');
    return [];
  } catch (error) {
    if (StackError.is(error, 'CONFIG_INVALID') || StackError.is(error, 'OPTION_UNKNOWN')) return error.problems;
    throw error;
  }
}

async function probe(
  record: ComponentRecord,
  open: ExaminationTools['open'],
  attempt: <Value>(check: 'probe', work: () => Promise<Value>) => Promise<Attempt<Value>>,
): Promise<ComponentCheck> {
  const probing = await attempt('probe', async () => {
    await using component = await open(record);
    const {
      healthy,
      message,
      hint: ofProbe,
    } = await component.probe().catch((error: unknown) => {
      if (StackError.is(error)) throw error;
      return unhealthy(error);
    });
    if (healthy) return message;
    const hint = ofProbe ?? `Compare with how it is configured: stack ${record.type} describe ${record.name}`;
    throw new StackError({ code: 'STACK_UNHEALTHY', message, hint });
  });
  const { problems } = probing.check;
  if (problems.some(({ code }) => code === 'CAPABILITY_UNSUPPORTED')) {
    return skipped('probe', 'its flavor has no live check');
  }
  return probing.value === undefined ? probing.check : { ...probing.check, message: maskSecrets(probing.value) };
}

/** The code of a flavor may never come to an end. */
async function withinLimit<Value>(work: Promise<Value>, milliseconds: number, check: string): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `the check of its ${check} took longer than ${milliseconds / 1000} s`;
    const hint = 'See what it waits for, or give it longer: stack doctor --timeout SECONDS';
    late.reject(new StackError({ code: 'TIMEOUT', message, hint }));
  }, milliseconds);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function problemsOf(error: unknown, { type, name }: ComponentRecord): CodedProblem[] {
  const at = `${type}:${name}`;
  if (!StackError.is(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ path: at, code: 'STACK_UNHEALTHY', message: maskSecrets(message) }];
  }
  const { code, message, hint } = error;
  if (error.problems.length === 0) {
    return [{ path: at, code, message: maskSecrets(message), ...(hint === undefined ? {} : { hint }) }];
  }
  return error.problems.map((problem) => {
    const path = problem.path.replace(/^(?:config|settings)\./, '');
    const isConfig = code === 'CONFIG_INVALID' || code === 'OPTION_UNKNOWN';
    const mend = isConfig ? `Set it: stack ${type} update ${name} ${optionName(path)}=VALUE` : hint;
    const ownHint = problem.hint ?? mend;
    return {
      path: path === '' ? at : `${at}.${path}`,
      code: problem.code ?? code,
      message: maskSecrets(problem.message),
      ...(ownHint === undefined ? {} : { hint: ownHint }),
    };
  });
}
