import type { CommandDescription, PositionalDescription } from './command.ts';

const label = { value: 'KEY=VALUE', summary: 'A label.', isRepeatable: true };
const componentName: PositionalDescription = { name: 'NAME', summary: 'Name, id, or the beginning of an id.' };
const stackName: PositionalDescription = {
  name: 'NAME',
  summary: 'Name of a stack, its id, or the beginning of its id.',
};
const runReference: PositionalDescription = {
  name: 'RUN',
  summary: 'Name of a run, its id, or the beginning of its id.',
};
const artifactId: PositionalDescription = { name: 'ID', summary: 'Id of an artifact, or the beginning of it.' };

/** Every command. It holds data alone: a command's code is loaded when it runs. */
export const commands: readonly CommandDescription[] = [
  {
    words: ['init'],
    summary: 'Make a folder a project, with a stack on this machine.',
    positionals: [{ name: 'FOLDER', summary: 'Default: the working directory.', isOptional: true }],
    load: () => import('../commands/init.ts'),
  },
  {
    words: ['status'],
    summary: 'Show the project, its active stack and the last runs.',
    load: () => import('../commands/status.ts'),
  },
  {
    words: ['<type>', 'flavor', 'register'],
    summary: 'Register a flavor of your own, or one of a package.',
    positionals: [
      { name: 'SOURCE', summary: 'FILE#EXPORT, the file relative to the root of the project, or PACKAGE#EXPORT.' },
    ],
    load: () => import('../commands/flavor-register.ts'),
  },
  {
    words: ['<type>', 'flavor', 'list'],
    summary: 'List the flavors that components can have.',
    load: () => import('../commands/flavor-list.ts'),
  },
  {
    words: ['<type>', 'flavor', 'describe'],
    summary: 'Show a flavor and the options of its components.',
    positionals: [{ name: 'NAME', summary: 'Name of the flavor; PACKAGE:NAME where two packages have it.' }],
    load: () => import('../commands/flavor-describe.ts'),
  },
  {
    words: ['<type>', 'register'],
    summary: 'Register a component.',
    positionals: [{ name: 'NAME', summary: 'Letters, digits, ".", "_" and "-".' }],
    options: {
      flavor: { value: 'FLAVOR', summary: 'Its flavor.', isRequired: true },
      set: { value: 'KEY=VALUE', summary: 'An option of the flavor, like --key=value.', isRepeatable: true },
      label,
    },
    furtherOptions: {
      summary: 'The flavor has options of its own: add --flavor FLAVOR to see them.',
      load: () => import('../commands/flavor-options.ts'),
    },
    load: () => import('../commands/component-register.ts'),
  },
  {
    words: ['<type>', 'list'],
    summary: 'List the components of a type.',
    load: () => import('../commands/component-list.ts'),
  },
  {
    words: ['<type>', 'describe'],
    summary: 'Show a component.',
    positionals: [componentName],
    load: () => import('../commands/component-describe.ts'),
  },
  {
    words: ['<type>', 'delete'],
    summary: 'Delete a component that no stack has.',
    positionals: [componentName],
    load: () => import('../commands/component-delete.ts'),
  },
  {
    words: ['stack', 'register'],
    summary: 'Put components together into a stack.',
    positionals: [{ name: 'NAME', summary: 'Letters, digits, ".", "_" and "-".' }],
    options: { activate: { summary: 'Make it the active stack.' }, label },
    furtherOptions: {
      summary: 'Its components are given by their type, e.g. --orchestrator NAME --artifact-store NAME.',
      load: () => import('../commands/stack-options.ts'),
    },
    load: () => import('../commands/stack-register.ts'),
  },
  { words: ['stack', 'list'], summary: 'List the stacks.', load: () => import('../commands/stack-list.ts') },
  {
    words: ['stack', 'describe'],
    summary: 'Show a stack and its components.',
    positionals: [{ ...stackName, summary: `${stackName.summary} Default: the active stack.`, isOptional: true }],
    load: () => import('../commands/stack-describe.ts'),
  },
  {
    words: ['stack', 'set'],
    summary: 'Make a stack the active one, which runs use.',
    positionals: [stackName],
    load: () => import('../commands/stack-set.ts'),
  },
  { words: ['stack', 'get'], summary: 'Print the active stack.', load: () => import('../commands/stack-get.ts') },
  {
    words: ['stack', 'delete'],
    summary: 'Delete a stack. Its components stay.',
    positionals: [stackName],
    load: () => import('../commands/stack-delete.ts'),
  },
  {
    words: ['pipeline', 'run'],
    summary: 'Run a pipeline.',
    positionals: [
      { name: 'FILE#EXPORT', summary: 'Relative to the working directory. It stands before the parameters.' },
    ],
    options: {
      stack: { value: 'NAME', summary: 'The stack to run on. Default: the active stack.' },
      'run-name': { value: 'NAME', summary: 'Default: the name of the pipeline and the time.' },
      set: { value: 'KEY=VALUE', summary: 'A parameter, like --key=value.', isRepeatable: true },
    },
    furtherOptions: {
      summary: 'The pipeline has parameters of its own: give FILE#EXPORT to see them.',
      load: () => import('../commands/pipeline-options.ts'),
    },
    load: () => import('../commands/pipeline-run.ts'),
  },
  {
    words: ['run', 'list'],
    summary: 'List the runs, the newest first.',
    options: {
      pipeline: { value: 'NAME', summary: 'Those of one pipeline.' },
      limit: { value: 'COUNT', summary: 'At most so many. Default: 50.' },
    },
    load: () => import('../commands/run-list.ts'),
  },
  {
    words: ['run', 'describe'],
    summary: 'Show a run, its steps and its artifacts.',
    positionals: [runReference],
    load: () => import('../commands/run-describe.ts'),
  },
  {
    words: ['run', 'logs'],
    summary: 'Print what the steps of a run printed.',
    positionals: [runReference, { name: 'STEP', summary: 'Default: all steps.', isOptional: true }],
    load: () => import('../commands/run-logs.ts'),
  },
  {
    words: ['artifact', 'list'],
    summary: 'List the artifacts, the newest first.',
    options: {
      run: { value: 'RUN', summary: 'Those of one run.' },
      limit: { value: 'COUNT', summary: 'At most so many. Default: 50.' },
    },
    load: () => import('../commands/artifact-list.ts'),
  },
  {
    words: ['artifact', 'describe'],
    summary: 'Show where an artifact is and what made it.',
    positionals: [artifactId],
    load: () => import('../commands/artifact-describe.ts'),
  },
  {
    words: ['artifact', 'cat'],
    summary: 'Print the bytes of an artifact.',
    positionals: [artifactId],
    load: () => import('../commands/artifact-cat.ts'),
  },
  {
    words: ['store', 'check'],
    summary: 'Look for damage in the metadata store.',
    load: () => import('../commands/store-check.ts'),
  },
  {
    words: ['store', 'backup'],
    summary: 'Copy the metadata store into a file, while it is in use.',
    positionals: [{ name: 'FILE', summary: 'Path of the new file.' }],
    load: () => import('../commands/store-backup.ts'),
  },
  {
    words: ['store', 'restore'],
    summary: 'Put a backup in the place of the metadata store. What it held is kept in a file beside it.',
    positionals: [{ name: 'FILE', summary: 'A file that "store backup" wrote.' }],
    load: () => import('../commands/store-restore.ts'),
  },
  { words: ['version'], summary: 'Print the version.', load: () => import('../commands/version.ts') },
];
