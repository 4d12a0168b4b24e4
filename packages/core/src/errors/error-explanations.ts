import type { ErrorCode } from './error-codes.ts';

interface ErrorExplanation {
  /** When it comes. */
  readonly cause: string;
  /** What mends it. */
  readonly remedy: string;
}

/**
 * What docs/errors.md says of each code beside its summary. Not part of the table of codes, which every command loads.
 */
export const errorExplanations: Readonly<Record<ErrorCode, ErrorExplanation>> = {
  ARGUMENT_INVALID: {
    cause: 'An argument, an option or a parameter of a function is not of the form that it has to have.',
    remedy: 'Correct what the message names. `--help` after the command shows its usage.',
  },
  COMMAND_UNKNOWN: {
    cause:
      'A word of the command is misspelt or missing, or it is the component type of a package that is not installed.',
    remedy: 'Take the name that the hint suggests, or find the command with `stack --help`.',
  },
  OPTION_UNKNOWN: {
    cause: 'The option is misspelt, or it is one of another command or flavor.',
    remedy: 'See which there are: `--help` after the command, together with `--flavor NAME` for those of a flavor.',
  },
  OPTION_MISSING: {
    cause: 'A required argument or option was left out.',
    remedy: 'Give what the message names; `--help` after the command shows the usage.',
  },
  CONFIG_INVALID: {
    cause: 'Fields are missing, unknown or of the wrong type, or a secret is not given as a reference.',
    remedy:
      'Correct every field that the error lists. `stack <type> flavor describe NAME` shows the fields; a secret is written as `{{name.key}}`.',
  },
  FLAVOR_INVALID: {
    cause: 'What a source exports is not made by `defineFlavor`, or its name, fields or migrations break a rule.',
    remedy: 'Correct the definition as the message says, and export what `defineFlavor({ ... })` returns.',
  },
  FLAVOR_TYPE_MISMATCH: {
    cause: 'A flavor is registered or used under another component type than its own.',
    remedy: 'Use the type that the message names: `stack <type> flavor register SOURCE`.',
  },
  STACK_INVALID: {
    cause: 'A required component is missing, there is one too many, or components do not work together.',
    remedy: 'Correct every problem that the error lists.',
  },
  IMPORT_INCOMPLETE: {
    cause: 'An export of ZenML has a component type, a flavor or a field that has no counterpart here.',
    remedy:
      'Install the integration that has the flavor and import again, or set the field: `stack <type> update NAME --field=value`.',
  },
  COMPONENT_MISSING: {
    cause: 'No component of the type was given, or the only one was taken out.',
    remedy: 'Give the stack one of that type: `stack update NAME --<type> COMPONENT`.',
  },
  COMPONENT_REPEATED: {
    cause: 'Several components of a type were given of which a stack has one, or one of them twice.',
    remedy: 'Leave all of them out but one.',
  },
  COMPONENT_LOCAL: {
    cause: 'The orchestrator runs steps on other machines, which cannot reach a component of this one.',
    remedy: 'Replace the component by one of another flavor, or use an orchestrator of this machine.',
  },
  STORE_LOCAL: {
    cause: 'The orchestrator runs steps on other machines, which cannot reach a SQLite file of this one.',
    remedy: 'Put the metadata store into PostgreSQL, `STACK_STORE_URL=postgres://...`.',
  },
  SECRET_REFERENCE_INVALID: {
    cause: 'A value begins with `{{` and is not of the form `{{name.key}}`.',
    remedy: 'Write the reference as the whole value, with a name and a key.',
  },
  SECRET_REFERENCE_CYCLE: {
    cause: 'A secret store needs a secret to be opened, and no other secret store has it.',
    remedy: 'Put that secret into another secret store, or set its environment variable `STACK_SECRET_<NAME>__<KEY>`.',
  },
  SECRET_EXPOSED: {
    cause: 'A value was typed on a command line, which the shell keeps, or secrets were exported to a file.',
    remedy:
      'Give values by a hidden prompt (`--KEY` alone), `--KEY=@FILE` or `--KEY=-`. Delete an exported file when it was imported.',
  },
  MODULE_LOAD_FAILED: {
    cause: 'A file threw while it was imported, has a syntax error, or uses TypeScript that does not simply go away.',
    remedy:
      'Correct the file. Set `"erasableSyntaxOnly": true` in tsconfig.json to find enums, namespaces and parameter properties.',
  },
  PIPELINE_INVALID: {
    cause: 'The export is no pipeline, a step name is taken twice, or an input cannot be part of a plan.',
    remedy: 'Correct the function of the pipeline as the message says.',
  },
  PIPELINE_NOT_ADDRESSABLE: {
    cause: 'The orchestrator runs steps elsewhere, and does not know from which module to import the pipeline.',
    remedy:
      "Run it as `stack pipeline run FILE#EXPORT`, or in code with `{ source: { module: import.meta.url, export: 'NAME' }, runStore: project.runs }`.",
  },
  STEP_OUTSIDE_PIPELINE: {
    cause: 'A step was called like a function where no pipeline is being compiled.',
    remedy: 'Call it in the function of a pipeline; in a test, call `theStep.run(input)`.',
  },
  OUTPUT_HANDLE_MISUSED: {
    cause: 'In the function of a pipeline, the output of a step was used as if it were there already.',
    remedy: 'Pass it to a step, and do there what needs the value.',
  },
  OUTPUT_INVALID: {
    cause: 'A step returned a value that the schema of its output refuses.',
    remedy: 'Correct the step, or the schema; the message names every field.',
  },
  VALUE_NOT_SERIALIZABLE: {
    cause: 'A step returned something that no materializer can write, such as a function.',
    remedy: 'Return data, or give the step a materializer for it.',
  },
  PATH_INVALID: {
    cause: 'A path has an empty segment, `..`, or characters that some backend cannot hold.',
    remedy: 'Use another path; the message says which rule it breaks.',
  },
  PATH_OUTSIDE_STORE: {
    cause: 'A path or URI leads out of the folder, bucket or prefix of the artifact store.',
    remedy: 'Use a path relative to the root of the store.',
  },
  PROJECT_NOT_FOUND: {
    cause: 'The command was called outside of a project.',
    remedy: 'Change to the folder of the project, or make one: `stack init`.',
  },
  COMPONENT_TYPE_NOT_FOUND: {
    cause: 'The type is misspelt, or the package that brings it is not installed.',
    remedy: 'See the types with `stack --help`; install the package with `stack integration install NAME`.',
  },
  FLAVOR_NOT_FOUND: {
    cause: 'The name is misspelt, its integration is no direct dependency of the project, or it was never registered.',
    remedy:
      '`stack <type> flavor list` shows those that there are. Install it with `stack integration install NAME`, or register it with `stack <type> flavor register FILE#EXPORT`.',
  },
  INTEGRATION_NOT_FOUND: {
    cause: 'The package is no direct dependency of the project, or is not an integration.',
    remedy: '`stack integration list` shows those that there are; `stack integration install NAME` adds one.',
  },
  COMPONENT_NOT_FOUND: {
    cause: 'No component of this type has the name, the id, or an id that begins so.',
    remedy: 'See those that there are: `stack <type> list`.',
  },
  ATTRIBUTE_NOT_FOUND: {
    cause: 'The attribute or label that was to be removed is not set.',
    remedy: 'See what the component has: `stack <type> describe NAME`.',
  },
  STACK_NOT_FOUND: {
    cause: 'No stack has the name, the id, or an id that begins so.',
    remedy: 'See those that there are: `stack list`.',
  },
  RUN_NOT_FOUND: {
    cause: 'No run of this project has the name, the id, or an id that begins so.',
    remedy: 'See the last runs: `stack run list`.',
  },
  STEP_NOT_FOUND: {
    cause: 'The run, or its pipeline, has no step of this name.',
    remedy: 'See its steps: `stack run describe RUN`.',
  },
  ARTIFACT_NOT_FOUND: {
    cause: 'No artifact of this project has the id, or one that begins so.',
    remedy: 'See the last artifacts: `stack artifact list`.',
  },
  VISUALIZATION_NOT_FOUND: {
    cause: 'The materializer that stored the artifact gave no visualization of this name, or none at all.',
    remedy: '`stack artifact describe ID` lists what there is.',
  },
  MATERIALIZER_NOT_FOUND: {
    cause:
      'An artifact was written by a materializer, or a newer version of one, that this program does not have; or an output names one that its pipeline was not given.',
    remedy: 'Give the materializer to the pipeline: `pipeline({ materializers: [...] })`.',
  },
  SECRET_NOT_FOUND: {
    cause: 'A component refers to `{{name.key}}`, and no secret store of the project has a value for it.',
    remedy:
      'Create it: `stack secret create NAME --KEY`. Code without a project sets the environment variable `STACK_SECRET_<NAME>__<KEY>`.',
  },
  MODULE_NOT_FOUND: {
    cause: 'There is no file at the path, or no package of the name is installed.',
    remedy:
      'Correct the path. That of a flavor is relative to the root of the project, that of a pipeline to the working directory.',
  },
  EXPORT_NOT_FOUND: {
    cause: 'The module has no export of the name behind the `#`.',
    remedy: 'Take one of the exports that the message lists.',
  },
  FILE_NOT_FOUND: {
    cause: 'The file that was given does not exist, or a file of the usual name does not.',
    remedy: 'Check the path; it is relative to the working directory.',
  },
  NOT_FOUND: {
    cause: 'Nothing was ever written at this path of the artifact store, or it was removed.',
    remedy: 'Look at what is there with `list` of the artifact store.',
  },
  ROOT_NOT_FOUND: {
    cause: 'The bucket or container of the artifact store was never made, was removed, or has another name.',
    remedy: 'Make it, or correct the path of the component: `stack artifact-store update NAME --path=PATH`.',
  },
  ALREADY_EXISTS: {
    cause: 'Something of this name is there already.',
    remedy: 'Choose another name, or change or delete what is there.',
  },
  AMBIGUOUS: {
    cause: 'The beginning of an id fits several things.',
    remedy: 'Give more of the id, or the name.',
  },
  FLAVOR_CONFLICT: {
    cause: 'Two direct dependencies offer a flavor of one type and name.',
    remedy: 'Say which one is meant: `--flavor @acme/pkg:s3`.',
  },
  IN_USE: {
    cause: 'Something that is to be deleted is part of a stack, the flavor of a component, or the active stack.',
    remedy: 'Delete or change what uses it first; the error names it.',
  },
  PROTECTED: {
    cause:
      'The stack `default`, its components and the secret stores `default` and `environment` always stay as they are.',
    remedy: 'Register one of your own, and change that.',
  },
  PRECONDITION_FAILED: {
    cause: 'Another process wrote first, or a run has ended already.',
    remedy: 'Read again, and repeat the change on what is there now.',
  },
  PATH_CONFLICT: {
    cause: 'A store cannot hold an object at `a` and another at `a/b`.',
    remedy: 'Use another path, or remove what is in the way.',
  },
  ARTIFACT_COLLECTED: {
    cause:
      'The bytes were stored long ago, nothing referred to them any more, and `stack artifact gc` or `stack run delete` removed them in the moment in which they were stored again.',
    remedy:
      'Store the artifact again. Runs and `saveArtifact` do so by themselves, but for streams, which cannot be read twice.',
  },
  RUN_HELD: {
    cause: 'The process that is named executes the run, or was stopped a moment ago.',
    remedy:
      'Wait for it, or end it; `stack run resume RUN --wait` goes on as soon as it ends or does not stir any more.',
  },
  RUN_LEASE_LOST: {
    cause:
      'The process was stopped or cut off from the store for so long that another one took the run over and goes on.',
    remedy: 'Nothing was recorded twice. Watch the run where it goes on: `stack run describe RUN`.',
  },
  RUN_NOT_RESUMABLE: {
    cause:
      'The run has ended; or its record does not hold what it takes to go on, as a parameter that was masked as a secret.',
    remedy: 'Run the pipeline again. One that has not ended goes on under its own name and with the same parameters.',
  },
  RUN_CODE_CHANGED: {
    cause: 'A run is to go on with other code than it started with.',
    remedy: 'Check the old code out, allow the new one by `--allow-code-change`, or start a new run.',
  },
  NODE_TOO_OLD: {
    cause: 'Stack runs TypeScript by features that came with Node 24.11.',
    remedy: 'Install a newer Node: https://nodejs.org/en/download',
  },
  DEPENDENCY_MISSING: {
    cause: 'An implementation, or a file of yours, imports a package that is not installed.',
    remedy: 'Install it; the hint has the command.',
  },
  INSTALL_FAILED: {
    cause: 'The package manager is not there, or it failed: no such package or version, no network, no permission.',
    remedy: 'Read what it printed, and run the command of the message by hand.',
  },
  MANIFEST_INVALID: {
    cause: 'A package.json or the manifest of an integration is missing, broken, or was never built.',
    remedy: 'Install the package again; build it where it is one of your workspace. Other integrations work meanwhile.',
  },
  API_VERSION_UNSUPPORTED: {
    cause: 'The integration speaks a newer or an older version of the contract than this Stack.',
    remedy: 'Update what the hint names.',
  },
  CONFIG_TOO_NEW: {
    cause: 'A teammate, or another folder, has a newer version of the flavor that stored the component.',
    remedy: 'Update the integration that has the flavor.',
  },
  STORE_TOO_NEW: {
    cause: 'A newer version of Stack changed the metadata store.',
    remedy: 'Update Stack: `npm install @stack/cli@latest @stack/core@latest`.',
  },
  STORE_CORRUPT: {
    cause: 'The file is not a store, or a disk or a program damaged it.',
    remedy: 'Put a backup of `.stack/stack.db` in its place.',
  },
  SECRET_DAMAGED: {
    cause:
      'The row of a secret in the metadata store was edited or damaged: what is there was not sealed for this secret.',
    remedy: 'Restore a backup of the metadata store, or set the value anew: `stack secret update NAME --KEY`.',
  },
  STORE_UNAVAILABLE: {
    cause: 'The store is not there, may not be written, or other processes kept it locked for too long.',
    remedy: 'Check its path and permissions, and try again.',
  },
  ACCESS_DENIED: {
    cause: 'Credentials are missing, wrong or expired, or lack a permission.',
    remedy: 'Check the credentials of the component, and what they allow.',
  },
  STACK_UNHEALTHY: {
    cause: 'A check of a component failed: it cannot be loaded or made, or the system behind it does not answer.',
    remedy: 'See every check: `stack doctor --live`.',
  },
  SECRET_KEY_INVALID: {
    cause:
      '`STACK_SECRETS_KEY` or the key file does not hold 32 bytes as base64 or hex, or other users can read the file.',
    remedy: 'Give the key as `openssl rand -base64 32` prints one, and make the file yours alone: `chmod 600 FILE`.',
  },
  SECRET_KEY_MISSING: {
    cause: 'Secrets were stored with a key file that is gone, or on another machine.',
    remedy:
      'Put the key file back where the message says, or set `STACK_SECRETS_KEY`. Without the key the values are lost: delete the secrets, and create them again.',
  },
  SECRET_KEY_WRONG: {
    cause: '`STACK_SECRETS_KEY` or the key file was exchanged, and the secret was not stored anew with it.',
    remedy: 'Give the key that the message names. To change keys, use `stack secret rekey`.',
  },
  UNAVAILABLE: {
    cause: 'The network, the address, or the service itself.',
    remedy: 'Check the address of the component, and try again later.',
  },
  TIMEOUT: {
    cause: 'The service or the network is slow, or the time limit is short.',
    remedy: 'Try again, or raise the limit where the component has one.',
  },
  THROTTLED: {
    cause: 'More requests were sent than the service takes, and waiting between attempts did not help.',
    remedy: 'Send fewer at once, or give `retry` of the component more attempts and longer delays.',
  },
  NO_SPACE: {
    cause: 'The disk, or the quota at the backend, has no room left.',
    remedy: 'Free some space. What was written before is complete.',
  },
  CAPABILITY_UNSUPPORTED: {
    cause: 'The flavor declares that it lacks what was called.',
    remedy: 'Use another way, or a flavor with the capability: `stack <type> flavor describe NAME`.',
  },
  INTEGRITY: {
    cause: 'An artifact was changed or cut off after it was written.',
    remedy: 'Run the step again, and find out what else writes to the artifact store.',
  },
  STEP_FAILED: {
    cause: 'The function of a step threw an error; it is recorded with the run.',
    remedy: 'See where: `stack run describe RUN`, and what it printed: `stack run logs RUN STEP`.',
  },
  PROGRAM_FAILED: {
    cause: 'The program is not installed, its working directory is not there, or it ended with another code than 0.',
    remedy: 'See what it printed: `stack run logs RUN STEP`.',
  },
  STEP_PROCESS_ENDED: {
    cause:
      'A step that runs in a process of its own crashed, called `process.exit`, or was killed, by the system for want of memory or by somebody.',
    remedy: 'See what it printed: `stack run logs RUN STEP`. The other steps and the run are not harmed.',
  },
  STEP_MEMORY_EXCEEDED: {
    cause:
      'A step that runs in a process of its own took more than its `memoryLimit`, or all that V8 gives one process.',
    remedy: 'Let it do less at once, or raise the setting `memoryLimit` of the orchestrator for this step.',
  },
  RUN_FAILED: {
    cause: 'A step failed, or what was around it: loading its inputs, writing its outputs, a component.',
    remedy: 'See which: `stack run describe RUN`.',
  },
  CONFORMANCE_FAILED: {
    cause: 'A case of the conformance suite failed, or one holds that is declared as unsupported.',
    remedy:
      'Correct the flavor as the cases say that are listed; what it cannot support, declare: `--unsupported FILE`.',
  },
  ABORTED: {
    cause: '^C, a signal, or the `AbortSignal` that the caller gave.',
    remedy: 'Nothing to mend: what was complete is kept.',
  },
  INTERNAL: {
    cause: 'Stack did not expect what happened.',
    remedy: 'Run the command again with `STACK_DEBUG=1`, and report what it prints.',
  },
};
