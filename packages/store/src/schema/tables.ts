import type { Generated, Selectable } from 'kysely';
import type { FlavorRow } from './flavor-row.ts';

// Columns hold text and numbers alone, which every engine knows: times are milliseconds since 1970, booleans are 0 and
// 1, everything with a structure is JSON.

export interface ComponentRow {
  id: string;
  type: string;
  name: string;
  flavor: string;
  flavor_package: string | null;
  config_version: number;
  config: string;
  settings: string;
  labels: string;
  is_protected: number;
  created_at: number;
  updated_at: number;
}

/** What a component was before its config was migrated. */
export interface ComponentVersionRow {
  component_id: string;
  config_version: number;
  config: string;
  settings: string;
  replaced_at: number;
}

export interface StackRow {
  id: string;
  name: string;
  labels: string;
  is_protected: number;
  created_at: number;
  updated_at: number;
}

interface StackComponentRow {
  stack_id: string;
  component_id: string;
  position: number;
}

export interface RunRow {
  id: string;
  name: string;
  pipeline: string;
  stack: string;
  state: string;
  plan: string;
  error: string | null;
  metadata: string;
  started_at: number;
  ended_at: number | null;
}

export interface StepRunRow {
  run_id: string;
  step: string;
  position: number;
  item: number | null;
  state: string;
  attempt: number;
  interruptions: number;
  error: string | null;
  reason: string | null;
  caching: string | null;
  /** The key in `caching`, of a step that completed. */
  cache_key: string | null;
  inputs: string;
  metadata: string;
  started_at: number | null;
  ended_at: number | null;
}

/** Who may write the state of a run. */
export interface RunLeaseRow {
  run_id: string;
  /** Raised whenever the run is taken: the token without which nothing of the run is written. */
  epoch: number;
  /** The lock that the process holds which has the run; `null` while nobody has it. */
  holder: string | null;
  host: string | null;
  pid: number | null;
  held_since: number | null;
  /** Raised by the holder every few seconds. */
  heartbeat: number;
}

export interface ArtifactRow {
  id: string;
  name: string;
  version: number;
  tags: string;
  run_id: string | null;
  step: string | null;
  output: string | null;
  materializer: string;
  materializer_version: number;
  store: string;
  path: string;
  size: number;
  sha256: string;
  contents: string;
  visualizations: string;
  schema: string | null;
  metadata: string;
  created_at: number;
}

/** Counts the versions of a name, also those that are gone. */
interface ArtifactNameRow {
  name: string;
  last_version: number;
}

/** A step run that took an artifact which its own run did not make. What it took of its own run, `inputs` says alone. */
interface ArtifactUseRow {
  /** It need not exist any more. */
  artifact_id: string;
  run_id: string;
  step: string;
}

/** An object that is part of an artifact, beside the one that its row names. */
interface ArtifactObjectRow {
  path: string;
  artifact_id: string;
}

/** An object that nothing refers to, and that is being removed or was not long ago. */
interface CondemnedObjectRow {
  path: string;
  /** Place in the order of the last run that there was. */
  last_run: number;
  condemned_at: number;
}

/** A run that was deleted, and a component that may still have logs of it. */
interface DeletedRunRow {
  run_id: string;
  component: string;
}

/** A change of a run's state, or of one of its steps. Rows are appended, never changed. */
interface RunEventRow {
  run_id: string;
  step: string | null;
  state: string;
  data: string;
  created_at: number;
}

export interface AppliedDocumentRow {
  stack_id: string;
  document: string;
  /** Ids of components, which need not exist any more. */
  made: string;
  applied_at: number;
}

export interface SealedSecretRow {
  id: string;
  /** Id of a component. */
  store: string;
  scope: string;
  owner: string;
  name: string;
  /** Encrypted, by key. */
  sealed_values: string;
  created_at: number;
  updated_at: number;
}

interface SecretStoreOrderRow {
  position: number;
  component_id: string;
}

interface SettingRow {
  key: string;
  value: string;
}

type InOrder<Row> = Row & { sequence: Generated<number> };

export interface Tables {
  flavors: FlavorRow;
  components: ComponentRow;
  component_versions: ComponentVersionRow;
  stacks: StackRow;
  stack_components: StackComponentRow;
  runs: InOrder<RunRow>;
  run_leases: RunLeaseRow;
  step_runs: StepRunRow;
  artifacts: InOrder<ArtifactRow>;
  artifact_names: ArtifactNameRow;
  artifact_uses: ArtifactUseRow;
  artifact_objects: ArtifactObjectRow;
  condemned_objects: CondemnedObjectRow;
  deleted_runs: DeletedRunRow;
  run_events: InOrder<RunEventRow>;
  settings: SettingRow;
  applied_documents: AppliedDocumentRow;
  sealed_secrets: SealedSecretRow;
  secret_store_order: SecretStoreOrderRow;
}

/** The rows of each table as they are read. */
export type StoredTables = { readonly [Table in keyof Tables]: Selectable<Tables[Table]> };
