/** What kind of thing went wrong; it decides the exit code of the `stack` command. */
export type ErrorCategory =
  | 'run'
  | 'usage'
  | 'not-found'
  | 'conflict'
  | 'environment'
  | 'backend'
  | 'internal'
  | 'interrupted';

/** The one table of exit codes. Success is 0. */
export const exitCodes: Readonly<Record<ErrorCategory, number>> = {
  run: 1,
  usage: 2,
  'not-found': 3,
  conflict: 4,
  environment: 5,
  backend: 6,
  internal: 70,
  interrupted: 130,
};

interface ErrorCodeDescription {
  readonly category: ErrorCategory;
  readonly summary: string;
}

/** Every code that a `StackError` can carry. A code is stable: scripts and callers branch on it. */
export const errorCodes = {
  // The caller's input.
  ARGUMENT_INVALID: { category: 'usage', summary: 'An argument has a value that the call does not take.' },
  COMMAND_UNKNOWN: { category: 'usage', summary: 'The command line names no command.' },
  OPTION_UNKNOWN: { category: 'usage', summary: 'The command does not have this option.' },
  OPTION_MISSING: { category: 'usage', summary: 'The command needs an option or argument that was not given.' },
  CONFIG_INVALID: { category: 'usage', summary: 'A config, settings or parameters do not fit their schema.' },
  FLAVOR_INVALID: { category: 'usage', summary: 'The value is not a flavor, or its definition breaks a rule.' },
  FLAVOR_TYPE_MISMATCH: { category: 'usage', summary: 'The flavor belongs to another component type.' },
  STACK_INVALID: { category: 'usage', summary: 'The components do not make a valid stack.' },
  IMPORT_INCOMPLETE: { category: 'usage', summary: 'Something of an imported stack has no counterpart here.' },
  COMPONENT_MISSING: { category: 'usage', summary: 'A stack lacks a component of a type that every stack has.' },
  COMPONENT_REPEATED: { category: 'usage', summary: 'A stack has more components of a type than it may have.' },
  COMPONENT_LOCAL: {
    category: 'usage',
    summary: 'A component of this machine is in a stack whose orchestrator runs steps elsewhere.',
  },
  STORE_LOCAL: {
    category: 'usage',
    summary: 'The metadata store is a file of this machine, and the orchestrator runs steps elsewhere.',
  },
  SECRET_REFERENCE_INVALID: { category: 'usage', summary: 'A text that looks like a secret reference is not one.' },
  SECRET_REFERENCE_CYCLE: {
    category: 'usage',
    summary: 'The config of a secret store refers to a secret that only this store could have.',
  },
  SECRET_EXPOSED: { category: 'usage', summary: 'The value of a secret is where others may read it.' },
  MODULE_LOAD_FAILED: { category: 'usage', summary: 'A module of yours threw, or cannot be parsed, on import.' },
  PIPELINE_INVALID: { category: 'usage', summary: 'The pipeline does not compile to a plan.' },
  PIPELINE_NOT_ADDRESSABLE: { category: 'usage', summary: 'A worker cannot import this pipeline.' },
  STEP_OUTSIDE_PIPELINE: { category: 'usage', summary: 'A step was called outside of a pipeline.' },
  OUTPUT_HANDLE_MISUSED: { category: 'usage', summary: 'The output of a step was used as a value in a pipeline.' },
  OUTPUT_INVALID: { category: 'usage', summary: 'The output of a step does not fit its schema.' },
  VALUE_NOT_SERIALIZABLE: { category: 'usage', summary: 'A materializer cannot store this value.' },
  PATH_INVALID: { category: 'usage', summary: 'The path breaks the rules for artifact keys.' },
  PATH_OUTSIDE_STORE: { category: 'usage', summary: 'The path is not below the root of the artifact store.' },

  // Things that are not there.
  PROJECT_NOT_FOUND: { category: 'not-found', summary: 'No project at this folder or above it.' },
  COMPONENT_TYPE_NOT_FOUND: { category: 'not-found', summary: 'No component type of this name.' },
  FLAVOR_NOT_FOUND: { category: 'not-found', summary: 'No flavor of this type and name.' },
  INTEGRATION_NOT_FOUND: { category: 'not-found', summary: 'No installed integration of this name.' },
  COMPONENT_NOT_FOUND: { category: 'not-found', summary: 'No component of this type and name.' },
  ATTRIBUTE_NOT_FOUND: { category: 'not-found', summary: 'The component has no such attribute or label.' },
  STACK_NOT_FOUND: { category: 'not-found', summary: 'No stack of this name.' },
  RUN_NOT_FOUND: { category: 'not-found', summary: 'No run of this name or id.' },
  STEP_NOT_FOUND: { category: 'not-found', summary: 'The run has no step of this name.' },
  ARTIFACT_NOT_FOUND: { category: 'not-found', summary: 'No artifact of this id.' },
  VISUALIZATION_NOT_FOUND: { category: 'not-found', summary: 'The artifact has no visualization of this name.' },
  MATERIALIZER_NOT_FOUND: {
    category: 'not-found',
    summary: 'No materializer of the name that an artifact was written with.',
  },
  SECRET_NOT_FOUND: { category: 'not-found', summary: 'A secret that is referred to does not exist.' },
  MODULE_NOT_FOUND: { category: 'not-found', summary: 'No module at this path.' },
  EXPORT_NOT_FOUND: { category: 'not-found', summary: 'The module does not have this export.' },
  FILE_NOT_FOUND: { category: 'not-found', summary: 'No file at this path.' },
  NOT_FOUND: { category: 'not-found', summary: 'The artifact store holds nothing at this path.' },
  ROOT_NOT_FOUND: {
    category: 'not-found',
    summary: 'The bucket, container or folder that the artifact store lies in does not exist.',
  },

  // Things that are there, and in the way.
  ALREADY_EXISTS: { category: 'conflict', summary: 'The name or path is taken.' },
  AMBIGUOUS: { category: 'conflict', summary: 'The name or id prefix fits more than one thing.' },
  FLAVOR_CONFLICT: { category: 'conflict', summary: 'Two packages offer a flavor of one type and name.' },
  IN_USE: { category: 'conflict', summary: 'Something else still uses it.' },
  PROTECTED: {
    category: 'conflict',
    summary: 'The stack and the components that every project has cannot be changed.',
  },
  PRECONDITION_FAILED: { category: 'conflict', summary: 'The object changed since it was read.' },
  PATH_CONFLICT: { category: 'conflict', summary: 'The path is the directory of another object, or lies below one.' },
  ARTIFACT_COLLECTED: {
    category: 'conflict',
    summary: 'The bytes of an artifact were removed as garbage before the artifact was recorded.',
  },
  RUN_HELD: { category: 'conflict', summary: 'Another process executes the run.' },
  RUN_LEASE_LOST: { category: 'conflict', summary: 'Another process has taken the run over.' },
  RUN_NOT_RESUMABLE: { category: 'conflict', summary: 'The run has ended, or lacks what it takes to go on.' },
  RUN_CODE_CHANGED: { category: 'conflict', summary: 'The code of a run differs from the code it started with.' },

  // The installation.
  NODE_TOO_OLD: { category: 'environment', summary: 'This version of Node is not supported.' },
  DEPENDENCY_MISSING: { category: 'environment', summary: 'A package that is needed is not installed.' },
  INSTALL_FAILED: { category: 'environment', summary: 'The package manager of the project did not install a package.' },
  MANIFEST_INVALID: { category: 'environment', summary: 'The manifest of an integration is missing or broken.' },
  API_VERSION_UNSUPPORTED: {
    category: 'environment',
    summary: 'The integration was built for another version of Stack.',
  },
  SECRET_KEY_INVALID: {
    category: 'environment',
    summary: 'The key for stored secrets is not one, or others can read it.',
  },
  SECRET_KEY_MISSING: {
    category: 'environment',
    summary: 'The key that secrets were stored with is not on this machine.',
  },
  SECRET_KEY_WRONG: { category: 'environment', summary: 'A secret was stored with another key than the one given.' },
  CONFIG_TOO_NEW: { category: 'environment', summary: 'A config was stored by a newer version of its flavor.' },
  STORE_TOO_NEW: { category: 'environment', summary: 'The metadata store was written by a newer version of Stack.' },
  STACK_UNHEALTHY: { category: 'environment', summary: 'A component of the stack does not work on this machine.' },

  // Systems behind the components.
  SECRET_DAMAGED: { category: 'backend', summary: 'A stored secret was changed by something else than Stack.' },
  STORE_CORRUPT: { category: 'backend', summary: 'The metadata store is damaged or is not one.' },
  STORE_UNAVAILABLE: { category: 'backend', summary: 'The metadata store cannot be opened or written.' },
  ACCESS_DENIED: { category: 'backend', summary: 'The backend refused the credentials or the permission is missing.' },
  UNAVAILABLE: { category: 'backend', summary: 'The backend does not answer.' },
  TIMEOUT: { category: 'backend', summary: 'The backend did not answer in time.' },
  THROTTLED: { category: 'backend', summary: 'The backend takes no more requests for now.' },
  NO_SPACE: { category: 'backend', summary: 'The disk or the quota is full.' },
  CAPABILITY_UNSUPPORTED: { category: 'backend', summary: 'The backend of this flavor cannot do that.' },
  INTEGRITY: { category: 'backend', summary: 'Stored bytes are not the bytes that were written.' },

  // Runs.
  STEP_FAILED: { category: 'run', summary: 'The code of a step threw.' },
  PROGRAM_FAILED: { category: 'run', summary: 'A program that a step runs did not start, or ended with an error.' },
  STEP_PROCESS_ENDED: { category: 'run', summary: 'The process of a step ended before the step was done.' },
  STEP_MEMORY_EXCEEDED: { category: 'run', summary: 'The process of a step took more memory than it may.' },
  RUN_FAILED: { category: 'run', summary: 'A run ended with a failed step.' },
  CONFORMANCE_FAILED: { category: 'run', summary: 'A flavor breaks rules of the contract of its component type.' },

  ABORTED: { category: 'interrupted', summary: 'The caller cancelled the operation.' },
  INTERNAL: { category: 'internal', summary: 'A defect in Stack.' },
} as const satisfies Readonly<Record<string, ErrorCodeDescription>>;

/** A stable error code, e.g. `CONFIG_INVALID`. */
export type ErrorCode = keyof typeof errorCodes;

/** The exit code with which the `stack` command ends on this error code. */
export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[errorCodes[code].category];
}
