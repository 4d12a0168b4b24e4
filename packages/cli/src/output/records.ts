// What lists show of each kind of record: headings, and a row for each.
import { type ArtifactRecord, type Garbage, isRunLeft, type RunRecord, type StepRunRecord } from '@stack/core';
import type { CollectedArtifacts } from '@stack/pipelines';
import type { ComponentRecord, StackRecord } from '@stack/store';

/** Enough of a digest to see which are equal. */
const shownDigestLength = 12;

export type TableContent = readonly [headings: readonly string[], rows: readonly (readonly string[])[]];

export function componentRows(components: readonly ComponentRecord[]): TableContent {
  return [
    ['TYPE', 'NAME', 'FLAVOR', 'CONFIG'],
    components.map(({ type, name, flavor, config, settings }) => [
      type,
      name,
      flavor,
      Object.entries({ ...config, ...settings })
        .map(([key, value]) => `${key}=${showValue(value)}`)
        .join(' '),
    ]),
  ];
}

export function stackRows(stacks: readonly StackRecord[], activeId: string): TableContent {
  return [
    ['ACTIVE', 'NAME', 'COMPONENTS', 'LABELS'],
    stacks.map(({ id, name, components, labels }) => [
      id === activeId ? '*' : '',
      name,
      showComponents(components),
      showLabels(labels),
    ]),
  ];
}

export function runRows(runs: readonly RunRecord[]): TableContent {
  return [
    ['RUN', 'PIPELINE', 'STACK', 'STATE', 'STARTED', 'DURATION'],
    runs.map((run) => [
      run.name,
      run.pipeline,
      run.stack,
      isRunLeft(run) ? 'running, left' : run.state,
      showTime(run.startedAt),
      showDuration(run.startedAt, run.endedAt),
    ]),
  ];
}

export function stepRows(steps: readonly StepRunRecord[]): TableContent {
  return [
    ['STEP', 'STATE', 'ATTEMPT', 'DURATION', 'NOTE'],
    steps.map(({ step, state, caching, attempt, interruptions, startedAt, endedAt, error, reason }) => [
      step,
      caching?.state === 'cached' ? 'cached' : state,
      attempt === 0 ? '' : `${attempt}${interruptions === 0 ? '' : ` (${interruptions} interrupted)`}`,
      showDuration(startedAt, endedAt),
      error === undefined ? (reason ?? '') : `${error.code}: ${error.message}`,
    ]),
  ];
}

export function artifactRows(artifacts: readonly ArtifactRecord[]): TableContent {
  return [
    ['ID', 'NAME', 'VERSION', 'TAGS', 'MATERIALIZER', 'SIZE'],
    artifacts.map(({ id, name, version, tags, materializer, size }) => [
      id,
      name,
      String(version),
      tags.join(', '),
      materializer,
      showSize(size),
    ]),
  ];
}

/** The artifacts of one name. */
export function artifactVersionRows(artifacts: readonly ArtifactRecord[]): TableContent {
  return [
    ['VERSION', 'TAGS', 'SIZE', 'SHA256', 'WRITTEN', 'ID'],
    artifacts.map(({ id, version, tags, size, sha256, createdAt }) => [
      String(version),
      tags.join(', '),
      showSize(size),
      sha256.slice(0, shownDigestLength),
      showTime(createdAt),
      id,
    ]),
  ];
}

/** A row for each value, of what steps and people logged. */
export function metadataRows(owners: readonly (readonly [owner: string, metadata: unknown])[]): TableContent {
  return [
    ['OF', 'NAME', 'VALUE'],
    owners.flatMap(([owner, metadata]) =>
      Object.entries(metadata ?? {}).map(([name, value]) => [owner, name, showValue(value)]),
    ),
  ];
}

/** `penguins@3`. */
export function showReference({ name, version }: Pick<ArtifactRecord, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

export function garbageRows(garbage: readonly Garbage[]): TableContent {
  return [
    ['KIND', 'SIZE', 'LAST WRITTEN', 'PATH', 'ID'],
    garbage.map(({ kind, size, modifiedAt, path, id }) => [
      kind,
      size === undefined ? '' : showSize(size),
      showTime(modifiedAt),
      path ?? '',
      id,
    ]),
  ];
}

export function unreferencedRows(collected: readonly CollectedArtifacts[]): TableContent {
  return [
    ['STORE', 'SIZE', 'WRITTEN', 'PATH'],
    collected.flatMap(({ store, objects }) =>
      objects.map(({ path, size, modifiedAt }) => [store, showSize(size), showTime(modifiedAt), path]),
    ),
  ];
}

/** `orchestrator=local artifact-store=prod`. */
export function showComponents(components: readonly Pick<ComponentRecord, 'type' | 'name'>[]): string {
  return components.map(({ type, name }) => `${type}=${name}`).join(' ');
}

export function showLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

export function showValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** In UTC, to the second. */
function showTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

export function showDuration(from: Date | undefined, to: Date | undefined): string {
  return from === undefined || to === undefined ? '' : showMilliseconds(to.getTime() - from.getTime());
}

export function showMilliseconds(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

export function showSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}
