import {
  type AnyFlavor,
  type ArtifactStore,
  createComponent,
  didYouMean,
  type JsonObject,
  type Orchestrator,
  type SecretResolver,
  type SecretStore,
  StackError,
} from '@stack/core';
import { artifactStoreCases } from '../artifact-store/artifact-store-cases.ts';
import type { WorkerModule } from '../artifact-store/artifact-store-hooks.ts';
import { artifactStoreGaps } from '../artifact-store/test-artifact-store.ts';
import type { ConformanceCases, ConformanceOptions } from '../conformance/conformance-suite.ts';
import { type ConformanceReport, conformanceReport } from '../conformance/report/conformance-report.ts';
import { type CaseResult, type RunOptions, runCases } from '../conformance/run-cases.ts';
import { orchestratorCases } from '../orchestrator/orchestrator-cases.ts';
import { secretStoreCases } from '../secret-store/secret-store-cases.ts';
import { secretStoreGaps } from '../secret-store/test-secret-store.ts';
import { configuredArtifactStore } from './configured-artifact-store.ts';
import { configuredSecretStore } from './configured-secret-store.ts';

export interface FlavorCheckOptions extends Omit<RunOptions, 'cases'> {
  /** What every component of the run has. An artifact store gets a new folder below its `path` for each case. */
  readonly config: JsonObject;
  readonly settings?: JsonObject | undefined;
  /** Folder that relative paths in the config are relative to. Default: the working directory. */
  readonly baseDirectory?: string | undefined;
  /** Id of every component of the run, where what it keeps is by its id. Default: a new one for each. */
  readonly id?: string | undefined;
  /** What every component of the run has that is only code, e.g. what a project gives to its secret stores. */
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
  /** Finds the values of `{{name.key}}`. Default: environment variables `STACK_SECRET_<NAME>__<KEY>`. */
  readonly secrets?: SecretResolver | undefined;
  /** Names of cases, or parts of them. Default: all. */
  readonly cases?: readonly string[] | undefined;
  /** The cases that the flavor does not support, each with the reason. */
  readonly unsupported?: Readonly<Record<string, string>> | undefined;
  /** Versions for the report, beside those of Node, the kit and core. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  /** Field of the config that says where the server is, so that connections can be broken. Default: `endpoint`. */
  readonly endpointField?: string | undefined;
  /** Fields that make the credentials of the config wrong. Without them the cases of wrong ones are skipped. */
  readonly wrongCredentials?: JsonObject | undefined;
  /** The same for credentials that were right once. */
  readonly expiredCredentials?: JsonObject | undefined;
  /** Settings by which an orchestrator runs a step in a worker. Without them the cases about workers are skipped. */
  readonly workerSettings?: JsonObject | undefined;
  /** Those by which a worker may take at most 512 MiB of memory, beside these. Without them the case of it is skipped. */
  readonly limitedSettings?: JsonObject | undefined;
  /** Makes the store in a process of its own. Without it the cases of killed processes are skipped. */
  readonly worker?: WorkerModule | undefined;
}

/**
 * Runs the conformance suite of a flavor's component type on components of one config.
 *
 * @throws ARGUMENT_INVALID for a component type without a suite, a secret store without writes, and cases that there are not
 * @throws IN_USE for a secret store that holds secrets, since what is in it is deleted after each case
 * @throws CONFIG_INVALID, SECRET_NOT_FOUND, DEPENDENCY_MISSING when no component can be made
 */
export async function checkFlavor(flavor: AnyFlavor, options: FlavorCheckOptions): Promise<ConformanceReport> {
  const startedAt = new Date();
  const results = await runSuite(flavor, options);
  const { type: componentType, name, capabilities } = flavor;
  const { versions = {} } = options;
  return conformanceReport(results, { componentType, flavor: name, capabilities, versions, startedAt });
}

async function runSuite(flavor: AnyFlavor, options: FlavorCheckOptions): Promise<CaseResult[]> {
  const { config, settings = {}, baseDirectory = process.cwd(), id, overrides, secrets } = options;
  const create = (fields: JsonObject = {}, settingsFields: JsonObject = {}) =>
    createComponent(
      flavor,
      {
        name: 'conformance',
        config: { ...config, ...fields },
        settings: { ...settings, ...settingsFields },
        baseDirectory,
        ...(id === undefined ? {} : { id }),
        ...(secrets === undefined ? {} : { secrets }),
      },
      overrides,
    );
  // One as it was given, so that what is wrong with the config is told before any case.
  await (await create())[Symbol.asyncDispose]();
  switch (flavor.type) {
    case 'artifact-store': {
      const store = await configuredArtifactStore((fields) => create(fields) as Promise<ArtifactStore>, options);
      const unsupported = { ...artifactStoreGaps(undeclared(flavor, ['signedUrl'])), ...options.unsupported };
      return runSelected(artifactStoreCases, { name: flavor.name, ...store }, { ...options, unsupported });
    }
    case 'orchestrator': {
      const { workerSettings, limitedSettings } = options;
      const parse = async (fields: JsonObject | undefined): Promise<object | undefined> => {
        if (fields === undefined) return undefined;
        await using component = await create({}, fields);
        return component.settings;
      };
      const orchestrator = {
        name: flavor.name,
        create: () => create() as Promise<Orchestrator>,
        workerSettings: await parse(workerSettings),
        limitedSettings: await parse(limitedSettings && { ...workerSettings, ...limitedSettings }),
      };
      return runSelected(orchestratorCases, orchestrator, options);
    }
    case 'secret-store': {
      const store = await configuredSecretStore(() => create() as Promise<SecretStore>);
      const unsupported = { ...secretStoreGaps(undeclared(flavor, ['personal', 'rekey'])), ...options.unsupported };
      return runSelected(secretStoreCases, { name: flavor.name, ...store }, { ...options, unsupported });
    }
    default:
      throw new StackError({
        code: 'ARGUMENT_INVALID',
        message: `There is no conformance suite for components of the type ${flavor.type}.`,
      });
  }
}

/** Why the cases about capabilities that a flavor does not declare need not hold, by capability. */
function undeclared<Capability extends string>(
  { capabilities }: AnyFlavor,
  optional: readonly Capability[],
): Partial<Record<Capability, string>> {
  const missing = optional.filter((capability) => !capabilities.includes(capability));
  const reasons = missing.map((capability) => [capability, `it does not declare the capability ${capability}`]);
  return Object.fromEntries(reasons) as Partial<Record<Capability, string>>;
}

async function runSelected<Component extends AsyncDisposable, CaseName extends string, Hooks>(
  cases: ConformanceCases<Component, CaseName, Hooks>,
  options: ConformanceOptions<Component, CaseName> & Hooks,
  { cases: wanted, unsupported, onResult, timeLimit, signal }: FlavorCheckOptions,
): Promise<CaseResult[]> {
  const run = { cases: selectCases(cases, wanted), timeLimit, signal, onResult };
  return runCases(cases, { ...options, unsupported: unsupported as Partial<Record<CaseName, string>> }, run);
}

/** The names of the cases that have one of the texts in their name. */
function selectCases<CaseName extends string>(
  cases: Readonly<Record<CaseName, unknown>>,
  wanted: readonly string[] | undefined,
): CaseName[] {
  const names = Object.keys(cases) as CaseName[];
  if (wanted === undefined) return names;
  const unknown = wanted.filter((text) => !names.some((name) => name.includes(text)));
  if (unknown.length === 0) return names.filter((name) => wanted.some((text) => name.includes(text)));
  const problems = unknown.map((text) => ({ path: text, message: `No case has "${text}" in its name.` }));
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: problems.map(({ message }) => message).join('\n'),
    hint: didYouMean(unknown[0] ?? '', names),
    problems,
  });
}
