import type {
  ArtifactLocation,
  ArtifactRecord,
  Plan,
  RecordedError,
  RunRecord,
  RunState,
  StepRunRecord,
  StepState,
} from '@stack/core';
import { isObject, StoredRow } from '../schema/stored-row.ts';
import type { ArtifactRow, RunRow, StepRunRow } from '../schema/tables.ts';

const runStates: readonly RunState[] = ['running', 'completed', 'failed', 'cancelled'];
const stepStates: readonly StepState[] = ['pending', 'running', 'completed', 'failed', 'skipped', 'cancelled'];

export function runRecord(row: RunRow): RunRecord {
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
    startedAt: stored.date('started_at'),
    endedAt: stored.optionalDate('ended_at'),
  };
}

export function stepRunRecord(row: StepRunRow): StepRunRecord {
  const stored = new StoredRow('step_runs', `${row.run_id}/${row.step}`, row);
  return {
    runId: row.run_id,
    step: row.step,
    index: row.position,
    state: stored.oneOf('state', stepStates),
    attempt: row.attempt,
    error: row.error === null ? undefined : stored.json('error', 'an error', isRecordedError),
    reason: row.reason ?? undefined,
    metadata: stored.object('metadata'),
    startedAt: stored.optionalDate('started_at'),
    endedAt: stored.optionalDate('ended_at'),
  };
}

export function artifactRecord(row: ArtifactRow): ArtifactRecord {
  const stored = new StoredRow('artifacts', row.id, row);
  return {
    id: row.id,
    runId: row.run_id,
    step: row.step,
    output: row.output,
    materializer: row.materializer,
    store: stored.json('store', 'the location of an artifact store', isArtifactLocation),
    path: row.path,
    size: row.size,
    sha256: row.sha256,
    createdAt: stored.date('created_at'),
  };
}

function isPlan(value: unknown): value is Plan {
  return isObject(value) && value.planVersion === 1 && typeof value.pipeline === 'string' && Array.isArray(value.steps);
}

function isRecordedError(value: unknown): value is RecordedError {
  return isObject(value) && typeof value.code === 'string' && typeof value.message === 'string';
}

function isArtifactLocation(value: unknown): value is ArtifactLocation {
  return isObject(value) && [value.component, value.flavor, value.root].every((text) => typeof text === 'string');
}
