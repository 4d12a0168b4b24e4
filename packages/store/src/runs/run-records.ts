import type {
  ArtifactLocation,
  ArtifactRecord,
  ArtifactVisualization,
  Plan,
  RecordedError,
  RunHolder,
  RunRecord,
  RunState,
  RunSummary,
  StepCaching,
  StepInput,
  StepRunRecord,
  StepState,
  StoredObject,
} from '@stack/core';
import { isObject, StoredRow } from '../schema/stored-row.ts';
import type { ArtifactRow, RunLeaseRow, RunRow, StepRunRow } from '../schema/tables.ts';

type HolderColumns = Pick<RunLeaseRow, 'epoch' | 'host' | 'pid' | 'held_since'>;

const runStates: readonly RunState[] = ['running', 'completed', 'failed', 'cancelled'];
const stepStates: readonly StepState[] = ['pending', 'running', 'completed', 'failed', 'skipped', 'cancelled'];

/** @param isHolderGone whether the process that holds it has ended, which no row tells */
export function runRecord(row: RunRow & HolderColumns, isHolderGone: boolean): RunRecord {
  const stored = new StoredRow('runs', row.id, row);
  return {
    id: row.id,
    name: row.name,
    pipeline: row.pipeline,
    stack: row.stack,
    state: stored.oneOf('state', runStates),
    plan: stored.json('plan', 'a plan', isPlan),
    error: row.error === null ? undefined : stored.json('error', 'an error', isRecordedError),
    metadata: stored.object('metadata'),
    epoch: row.epoch,
    holder: runHolder(row.id, row, isHolderGone),
    startedAt: stored.date('started_at'),
    endedAt: stored.optionalDate('ended_at'),
  };
}

export function runSummary(
  row: Pick<RunRow, 'id' | 'name' | 'pipeline' | 'state' | 'started_at' | 'ended_at'>,
): RunSummary {
  const stored = new StoredRow('runs', row.id, row);
  return {
    id: row.id,
    name: row.name,
    pipeline: row.pipeline,
    state: stored.oneOf('state', runStates),
    startedAt: stored.date('started_at'),
    endedAt: stored.optionalDate('ended_at'),
  };
}

export function runHolder(runId: string, row: HolderColumns, hasEnded: boolean): RunHolder | undefined {
  const { host, pid } = row;
  if (host === null || pid === null) return undefined;
  return { host, pid, since: new StoredRow('run_leases', runId, row).date('held_since'), hasEnded };
}

export function stepRunRecord(row: StepRunRow): StepRunRecord {
  const stored = new StoredRow('step_runs', `${row.run_id}/${row.step}`, row);
  return {
    runId: row.run_id,
    step: row.step,
    index: row.position,
    item: row.item ?? undefined,
    state: stored.oneOf('state', stepStates),
    attempt: row.attempt,
    interruptions: row.interruptions,
    error: row.error === null ? undefined : stored.json('error', 'an error', isRecordedError),
    reason: row.reason ?? undefined,
    caching: row.caching === null ? undefined : stored.json('caching', 'what is known of a cache', isStepCaching),
    inputs: stored.json('inputs', 'a list of inputs', isStepInputs),
    metadata: stored.object('metadata'),
    startedAt: stored.optionalDate('started_at'),
    endedAt: stored.optionalDate('ended_at'),
  };
}

export function artifactRecord(row: ArtifactRow): ArtifactRecord {
  const stored = new StoredRow('artifacts', row.id, row);
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    tags: stored.json('tags', 'a list of texts', isListOfTexts),
    runId: row.run_id ?? undefined,
    step: row.step ?? undefined,
    output: row.output ?? undefined,
    materializer: row.materializer,
    materializerVersion: row.materializer_version,
    store: stored.json('store', 'the location of an artifact store', isArtifactLocation),
    path: row.path,
    size: row.size,
    sha256: row.sha256,
    contents: stored.json('contents', 'a list of objects of an artifact store', isStoredObjects),
    visualizations: stored.json('visualizations', 'a list of visualizations', isVisualizations),
    schema: row.schema === null ? undefined : stored.object('schema'),
    metadata: stored.object('metadata'),
    createdAt: stored.date('created_at'),
  };
}

/** The row of an artifact, without its place in the order. */
export function artifactRow(artifact: ArtifactRecord): ArtifactRow {
  return {
    id: artifact.id,
    name: artifact.name,
    version: artifact.version,
    tags: JSON.stringify(artifact.tags),
    run_id: artifact.runId ?? null,
    step: artifact.step ?? null,
    output: artifact.output ?? null,
    materializer: artifact.materializer,
    materializer_version: artifact.materializerVersion,
    store: JSON.stringify(artifact.store),
    path: artifact.path,
    size: artifact.size,
    sha256: artifact.sha256,
    contents: JSON.stringify(artifact.contents),
    visualizations: JSON.stringify(artifact.visualizations),
    schema: artifact.schema === undefined ? null : JSON.stringify(artifact.schema),
    metadata: JSON.stringify(artifact.metadata),
    created_at: artifact.createdAt.getTime(),
  };
}

function isPlan(value: unknown): value is Plan {
  return isObject(value) && value.planVersion === 1 && typeof value.pipeline === 'string' && Array.isArray(value.steps);
}

function isRecordedError(value: unknown): value is RecordedError {
  return isObject(value) && typeof value.code === 'string' && typeof value.message === 'string';
}

function isStepCaching(value: unknown): value is StepCaching {
  if (!isObject(value)) return false;
  if (value.state === 'off') return typeof value.reason === 'string';
  const isKnown = value.state === 'computed' || (value.state === 'cached' && isObject(value.from));
  return isKnown && typeof value.key === 'string' && isObject(value.ingredients);
}

function isArtifactLocation(value: unknown): value is ArtifactLocation {
  return isObject(value) && [value.component, value.flavor, value.root].every((text) => typeof text === 'string');
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isStepInputs(value: unknown): value is readonly StepInput[] {
  const isInput = (item: unknown) =>
    isObject(item) && typeof item.input === 'string' && typeof item.artifactId === 'string';
  return Array.isArray(value) && value.every(isInput);
}

function isStoredObjects(value: unknown): value is readonly StoredObject[] {
  return Array.isArray(value) && value.every(isStoredObject);
}

function isVisualizations(value: unknown): value is readonly ArtifactVisualization[] {
  const isVisualization = (item: unknown) =>
    isStoredObject(item) &&
    isObject(item) &&
    [item.name, item.type, item.mediaType].every((text) => typeof text === 'string');
  return Array.isArray(value) && value.every(isVisualization);
}

function isStoredObject(value: unknown): value is StoredObject {
  return (
    isObject(value) &&
    typeof value.path === 'string' &&
    typeof value.size === 'number' &&
    typeof value.sha256 === 'string'
  );
}
