import { resolve } from 'node:path';
import {
  type AnyFlavor,
  configError,
  flavorManifest,
  isPlainObject,
  type JsonObject,
  joinErrors,
  StackError,
  type StoredInput,
} from '@stack/core';
import { editInput, flavorWorker, loadFlavorSource, readDocument } from '@stack/project';
import { findProjectRoot } from '@stack/project/root';
import { type ConformanceReport, checkFlavor, type FlavorCheckOptions, htmlReport, junitReport } from '@stack/testkit';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readComponentInput } from '../command-line/read-component-input.ts';
import { readSeconds } from '../command-line/read-seconds.ts';
import { ConformanceView } from '../conformance/conformance-view.ts';
import { flavorToCheck } from '../conformance/flavor-to-check.ts';
import { openScratchProject } from '../conformance/scratch-project.ts';
import { openProjectHere } from '../open-project-here.ts';
import { showMilliseconds } from '../output/records.ts';
import { renderTable } from '../output/table.ts';
import { checkFolderOfFile, writeNamedFile } from '../output/write-named-file.ts';

const noInput: StoredInput = { config: {}, settings: {} };

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const source = await flavorToCheck(invocation);
  const flavor = await loadFlavorSource(source);
  const root = findProjectRoot(invocation.workingDirectory);
  await using project = root === undefined ? undefined : await openProjectHere(invocation);
  const baseDirectory = root ?? invocation.workingDirectory;
  const input = await readInput(flavor, invocation);
  const options = await readOptions(flavor, invocation);
  for (const [file] of reportFiles(invocation)) await checkFolderOfFile(file);
  using interruption = abortOnInterrupt();
  await using scratch = flavor.type === 'secret-store' ? await openScratchProject() : undefined;
  const view = new ConformanceView(invocation.screen, !invocation.isJson);
  let report: ConformanceReport;
  try {
    report = await checkFlavor(flavor, {
      ...options,
      ...input,
      baseDirectory,
      ...scratch?.component,
      secrets: project?.secrets,
      versions: source.versions,
      worker: flavorWorker({ ...source, ...input, baseDirectory }),
      signal: interruption.signal,
      onResult: (result) => view.show(result),
    });
  } finally {
    view.close();
  }
  for (const [file, format] of reportFiles(invocation)) await writeNamedFile(file, format(report));
  return { data: report, text: summary(report, invocation), ...failure(report, interruption.signal) };
}

/** The config and the settings of the components that are checked. */
async function readInput(flavor: AnyFlavor, invocation: Invocation): Promise<StoredInput> {
  const edits = await readComponentInput(invocation);
  const { config, settings, problems } = editInput(flavorManifest(flavor, flavor.name), noInput, edits);
  if (problems.length > 0) throw configError(`flavor ${flavor.type}/${flavor.name}`, problems);
  return { config, settings };
}

async function readOptions(
  flavor: AnyFlavor,
  invocation: Invocation,
): Promise<Omit<FlavorCheckOptions, keyof StoredInput>> {
  const failures: StackError[] = [];
  const fields = (option: string, part: keyof StoredInput): JsonObject | undefined => {
    const options = invocation.optionPairs(option);
    if (options.length === 0) return undefined;
    const { problems, ...input } = editInput(flavorManifest(flavor, flavor.name), noInput, { options });
    if (problems.length > 0) failures.push(configError(`--${option}`, problems, part));
    return input[part];
  };
  const cases = invocation.optionValues('case');
  const options = {
    unsupported: await readUnsupported(invocation),
    cases: cases.length === 0 ? undefined : cases,
    timeLimit: readSeconds(invocation, 'timeout'),
    endpointField: invocation.option('endpoint-field'),
    wrongCredentials: fields('wrong-credentials', 'config'),
    expiredCredentials: fields('expired-credentials', 'config'),
    workerSettings: fields('worker-settings', 'settings'),
    limitedSettings: fields('limited-settings', 'settings'),
  };
  const [first, ...others] = failures;
  if (first !== undefined) throw joinErrors([first, ...others]);
  return options;
}

/** What `--unsupported` names: an object of reasons by the names of cases. */
async function readUnsupported(invocation: Invocation): Promise<Readonly<Record<string, string>>> {
  const file = invocation.option('unsupported');
  if (file === undefined) return {};
  const document = await readDocument(resolve(invocation.workingDirectory, file));
  if (isPlainObject(document) && Object.values(document).every((reason) => typeof reason === 'string')) {
    return document as Readonly<Record<string, string>>;
  }
  throw new StackError({
    code: 'CONFIG_INVALID',
    message: `${file} does not hold reasons by the names of cases.`,
    hint: 'Write a line for each: "the name of a case: why it is not supported".',
  });
}

type ReportFormat = (report: ConformanceReport) => string;

/** The files that reports are asked for in. */
function reportFiles(invocation: Invocation): readonly (readonly [file: string, format: ReportFormat])[] {
  const formats: Readonly<Record<string, ReportFormat>> = { junit: junitReport, html: htmlReport };
  return Object.entries(formats).flatMap(([option, format]) => {
    const file = invocation.option(option);
    return file === undefined ? [] : [[resolve(invocation.workingDirectory, file), format] as const];
  });
}

function summary(report: ConformanceReport, { screen }: Invocation): string {
  const { componentType, flavor, totals, duration, cases } = report;
  const counts = Object.entries(totals)
    .filter(([outcome, count]) => count > 0 || outcome === 'passed')
    .map(([outcome, count]) => `${count} ${outcome}`);
  const rows = cases
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ outcome, name, reason, error }) => [outcome, name, reason ?? showError(error)]);
  const total = `${componentType}/${flavor}: ${counts.join(', ')}, in ${showMilliseconds(duration)}.`;
  const tone = report.isConformant ? 'good' : 'bad';
  const table = rows.length === 0 ? [] : [renderTable(['OUTCOME', 'CASE', 'WHY'], rows, screen)];
  return [...table, screen.paint(tone, total)].join('\n\n');
}

function showError(error: ConformanceReport['cases'][number]['error']): string {
  if (error === undefined) return 'it holds, though it is declared as unsupported';
  return error.code === undefined ? error.message : `${error.code}: ${error.message}`;
}

function failure({ componentType, flavor, cases, isConformant }: ConformanceReport, signal: AbortSignal) {
  if (signal.aborted) {
    const message = `The run was cancelled after ${cases.length} cases.`;
    return { error: new StackError({ code: 'ABORTED', message }) };
  }
  if (isConformant) return {};
  const broken = cases.filter(({ outcome }) => outcome === 'failed' || outcome === 'misdeclared');
  return {
    error: new StackError({
      code: 'CONFORMANCE_FAILED',
      message: `The flavor ${componentType}/${flavor} fails ${broken.length} of ${cases.length} cases.`,
      hint: 'What it cannot support by its nature, declare with the reason: --unsupported FILE',
      problems: broken.map(({ name, error }) => ({ path: name, message: showError(error) })),
    }),
  };
}

/** ^C lets the case that runs clean up after itself, and begins no further one. */
function abortOnInterrupt(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => process.off('SIGINT', abort).off('SIGTERM', abort),
  };
}
