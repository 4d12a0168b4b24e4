import type { CommandDescription, PositionalDescription } from './command.ts';

const label = { value: 'KEY=VALUE', summary: 'A label.', isRepeatable: true };
const componentName: PositionalDescription = {
  name: 'NAME',
  summary: 'Name, id, or the beginning of an id.',
  completion: 'components',
};
const stackName: PositionalDescription = {
  name: 'NAME',
  summary: 'Name of a stack, its id, or the beginning of its id.',
  completion: 'stacks',
};
const dryRun = { summary: 'Do all the checks, show what would be, and write nothing.' };
const stackNameOrActive: PositionalDescription = {
  ...stackName,
  summary: `${stackName.summary} Default: the active stack.`,
  isOptional: true,
};
const newName: PositionalDescription = { name: 'NEW_NAME', summary: 'Letters, digits, ".", "_" and "-".' };
const givenByType: NonNullable<CommandDescription['furtherOptions']> = {
  summary: 'Its components are given by their type, e.g. --artifact-store NAME.',
  loads: 'manifests',
  load: () => import('../commands/stack-change-options.ts'),
};
const runReference: PositionalDescription = {
  name: 'RUN',
  summary: 'Name of a run, its id, or the beginning of its id.',
  completion: 'runs',
};
const artifactId: PositionalDescription = { name: 'ID', summary: 'Id of an artifact, or the beginning of it.' };

const stackFile: PositionalDescription = {
  name: 'FILE',
  summary: 'Default: stack.config.ts or stack.yaml at the root of the project.',
  isOptional: true,
  completion: 'files',
};

/**
 * Every command. It holds data alone: a command's code is loaded when it runs. Help, completion, docs/commands.md and
 * the tests of `--json` are driven by it.
 */
export const commands: readonly CommandDescription[] = [
  {
    words: ['init'],
    summary: 'Make a folder a project, with a stack on this machine.',
    positionals: [
      { name: 'FOLDER', summary: 'Default: the working directory.', isOptional: true, completion: 'files' },
    ],
    loads: 'manifests',
    data: 'project',
    load: () => import('../commands/init.ts'),
  },
  {
    words: ['status'],
    summary: 'Show the project, its active stack and the last runs.',
    loads: 'manifests',
    data: 'status',
    load: () => import('../commands/status.ts'),
  },
  {
    words: ['<type>', 'flavor', 'register'],
    summary: 'Register a flavor of your own, or one of a package.',
    positionals: [
      {
        name: 'SOURCE',
        summary: 'FILE#EXPORT, the file relative to the root of the project, or PACKAGE#EXPORT.',
        completion: 'files',
      },
    ],
    loads: 'modules',
    data: 'flavor',
    load: () => import('../commands/flavor-register.ts'),
  },
  {
    words: ['<type>', 'flavor', 'list'],
    summary: 'List the flavors that components can have.',
    loads: 'manifests',
    data: 'flavors',
    load: () => import('../commands/flavor-list.ts'),
  },
  {
    words: ['<type>', 'flavor', 'describe'],
    summary: 'Show a flavor and the options of its components.',
    positionals: [
      { name: 'NAME', summary: 'Name of the flavor; PACKAGE:NAME where two packages have it.', completion: 'flavors' },
    ],
    loads: 'manifests',
    data: 'described-flavor',
    load: () => import('../commands/flavor-describe.ts'),
  },
  {
    words: ['<type>', 'register'],
    summary: 'Register a component.',
    positionals: [{ name: 'NAME', summary: 'Letters, digits, ".", "_" and "-".' }],
    options: {
      flavor: { value: 'FLAVOR', summary: 'Its flavor.', isRequired: true, completion: 'flavors' },
      set: { value: 'KEY=VALUE', summary: 'An option of the flavor, like --key=value.', isRepeatable: true },
      label,
    },
    furtherOptions: {
      summary: 'The flavor has options of its own: add --flavor FLAVOR to see them.',
      loads: 'manifests',
      load: () => import('../commands/flavor-options.ts'),
    },
    loads: 'modules',
    data: 'component',
    load: () => import('../commands/component-register.ts'),
  },
  {
    words: ['<type>', 'list'],
    summary: 'List the components of a type.',
    loads: 'manifests',
    data: 'components',
    load: () => import('../commands/component-list.ts'),
  },
  {
    words: ['<type>', 'describe'],
    summary: 'Show a component.',
    positionals: [componentName],
    loads: 'manifests',
    data: 'component',
    load: () => import('../commands/component-describe.ts'),
  },
  {
    words: ['<type>', 'delete'],
    summary: 'Delete a component that no stack has.',
    positionals: [componentName],
    loads: 'manifests',
    data: 'deleted-component',
    load: () => import('../commands/component-delete.ts'),
  },
  {
    words: ['stack', 'register'],
    summary: 'Put components together into a stack.',
    positionals: [{ name: 'NAME', summary: 'Letters, digits, ".", "_" and "-".' }],
    options: { activate: { summary: 'Make it the active stack.' }, label, 'dry-run': dryRun },
    furtherOptions: {
      summary: 'Its components are given by their type, e.g. --orchestrator NAME --artifact-store NAME.',
      loads: 'manifests',
      load: () => import('../commands/stack-options.ts'),
    },
    loads: 'modules',
    data: 'changed-stack',
    load: () => import('../commands/stack-register.ts'),
  },
  {
    words: ['stack', 'list'],
    summary: 'List the stacks.',
    options: {
      label: { ...label, summary: 'Those with this label.' },
      name: { value: 'PATTERN', summary: 'Those whose name fits; "*" is any text.' },
      limit: { value: 'COUNT', summary: 'At most so many. Default: all.' },
      after: { value: 'NAME', summary: 'Those after this name: the last one of a page gives the next page.' },
    },
    furtherOptions: {
      ...givenByType,
      summary: 'Those with certain components: give them by their type, e.g. --artifact-store NAME.',
    },
    loads: 'manifests',
    data: 'stacks',
    load: () => import('../commands/stack-list.ts'),
  },
  {
    words: ['stack', 'describe'],
    summary: 'Show a stack and its components.',
    positionals: [stackNameOrActive],
    loads: 'manifests',
    data: 'stack',
    load: () => import('../commands/stack-describe.ts'),
  },
  {
    words: ['stack', 'update'],
    summary: 'Replace the components of the given types, and change labels.',
    positionals: [stackNameOrActive],
    options: {
      label,
      'remove-label': { value: 'KEY', summary: 'A label to remove.', isRepeatable: true },
      'dry-run': dryRun,
    },
    furtherOptions: givenByType,
    loads: 'modules',
    data: 'changed-stack',
    load: () => import('../commands/stack-update.ts'),
  },
  {
    words: ['stack', 'add-component'],
    summary: 'Add components to a stack, behind those that it has.',
    positionals: [stackNameOrActive],
    options: { 'dry-run': dryRun },
    furtherOptions: givenByType,
    loads: 'modules',
    data: 'changed-stack',
    load: () => import('../commands/stack-add-component.ts'),
  },
  {
    words: ['stack', 'remove-component'],
    summary: 'Take components out of a stack. They stay registered.',
    positionals: [stackNameOrActive],
    options: { 'dry-run': dryRun },
    furtherOptions: givenByType,
    loads: 'modules',
    data: 'changed-stack',
    load: () => import('../commands/stack-remove-component.ts'),
  },
  {
    words: ['stack', 'rename'],
    summary: 'Give a stack another name.',
    positionals: [stackName, newName],
    options: { 'dry-run': dryRun },
    loads: 'modules',
    data: 'changed-stack',
    load: () => import('../commands/stack-rename.ts'),
  },
  {
    words: ['stack', 'copy'],
    summary: 'Make another stack of the same components.',
    positionals: [stackName, newName],
    options: { 'dry-run': dryRun },
    loads: 'modules',
    data: 'changed-stack',
    load: () => import('../commands/stack-copy.ts'),
  },
  {
    words: ['stack', 'set'],
    summary: 'Make a stack the active one, which runs use.',
    positionals: [stackName],
    options: { 'dry-run': dryRun },
    loads: 'manifests',
    data: 'stack',
    load: () => import('../commands/stack-set.ts'),
  },
  {
    words: ['stack', 'get'],
    summary: 'Print the active stack.',
    loads: 'manifests',
    data: 'stack',
    load: () => import('../commands/stack-get.ts'),
  },
  {
    words: ['stack', 'delete'],
    summary: 'Delete a stack. Its components stay, unless with --recursive.',
    positionals: [stackName],
    options: {
      recursive: { summary: 'Delete also those of its components that no other stack has.' },
      'dry-run': dryRun,
    },
    loads: 'manifests',
    data: 'deleted-stack',
    load: () => import('../commands/stack-delete.ts'),
  },
  {
    words: ['stack', 'export'],
    summary: 'Print a stack with all that it is made of, or write it to a file.',
    positionals: [
      stackNameOrActive,
      {
        name: 'FILE',
        summary: 'A file to write, .yaml or .json. Default: it is printed as YAML.',
        isOptional: true,
        completion: 'files',
      },
    ],
    options: { force: { summary: 'Replace the file, where there is one.' } },
    loads: 'manifests',
    data: 'exported-stack',
    load: () => import('../commands/stack-export.ts'),
  },
  {
    words: ['stack', 'import'],
    summary: 'Register a stack that was exported, by Stack or by ZenML, with its components and flavors.',
    positionals: [
      { name: 'FILE', summary: 'YAML, JSON, or a module whose default export is the stack.', completion: 'files' },
    ],
    options: {
      name: { value: 'NAME', summary: 'A name for the stack. Default: the one in the file.' },
      'on-conflict': {
        value: 'RULE',
        summary:
          'What to do with taken names: reuse (what is identical; else fail), rename (what differs), fail. Default: reuse.',
        completion: { words: ['reuse', 'rename', 'fail'] },
      },
      'dry-run': { summary: 'Say only what would be done.' },
    },
    loads: 'modules',
    data: 'imported-stack',
    load: () => import('../commands/stack-import.ts'),
  },
  {
    words: ['stack', 'plan'],
    summary: 'Show what would change to make a stack as its file says.',
    positionals: [stackFile],
    loads: 'modules',
    data: 'stack-plan',
    load: () => import('../commands/stack-plan.ts'),
  },
  {
    words: ['stack', 'apply'],
    summary: 'Make a stack as its file says.',
    positionals: [stackFile],
    options: { 'dry-run': { summary: 'Say only what would be done, as plan does.' } },
    loads: 'modules',
    data: 'applied-stack',
    load: () => import('../commands/stack-apply.ts'),
  },
  {
    words: ['stack', 'yaml-schema'],
    summary: 'Write the JSON Schema of stack.yaml, for editors.',
    loads: 'manifests',
    data: 'written-file',
    load: () => import('../commands/stack-yaml-schema.ts'),
  },
  {
    words: ['stack', 'validate'],
    summary: 'Tell everything that is wrong with a stack, without network.',
    positionals: [stackNameOrActive],
    loads: 'modules',
    data: 'stack-validation',
    load: () => import('../commands/stack-validate.ts'),
  },
  {
    words: ['stack', 'doctor'],
    summary: 'Check that every component of a stack works on this machine.',
    positionals: [stackNameOrActive],
    options: {
      live: { summary: 'Ask the systems behind the components too.' },
      timeout: { value: 'SECONDS', summary: 'For each check. Default: 10.' },
    },
    loads: 'implementations',
    data: 'stack-diagnosis',
    load: () => import('../commands/stack-doctor.ts'),
  },
  {
    words: ['pipeline', 'run'],
    summary: 'Run a pipeline.',
    positionals: [
      {
        name: 'FILE#EXPORT',
        summary: 'Relative to the working directory. It stands before the parameters.',
        completion: 'files',
      },
    ],
    options: {
      stack: { value: 'NAME', summary: 'The stack to run on. Default: the active stack.', completion: 'stacks' },
      'run-name': { value: 'NAME', summary: 'Default: the name of the pipeline and the time.' },
      set: { value: 'KEY=VALUE', summary: 'A parameter, like --key=value.', isRepeatable: true },
    },
    furtherOptions: {
      summary: 'The pipeline has parameters of its own: give FILE#EXPORT to see them.',
      loads: 'modules',
      load: () => import('../commands/pipeline-options.ts'),
    },
    loads: 'implementations',
    data: 'ended-run',
    load: () => import('../commands/pipeline-run.ts'),
  },
  {
    words: ['run', 'list'],
    summary: 'List the runs, the newest first.',
    options: {
      pipeline: { value: 'NAME', summary: 'Those of one pipeline.' },
      limit: { value: 'COUNT', summary: 'At most so many. Default: 50.' },
    },
    loads: 'manifests',
    data: 'runs',
    load: () => import('../commands/run-list.ts'),
  },
  {
    words: ['run', 'describe'],
    summary: 'Show a run, its steps and its artifacts.',
    positionals: [runReference],
    loads: 'manifests',
    data: 'described-run',
    load: () => import('../commands/run-describe.ts'),
  },
  {
    words: ['run', 'logs'],
    summary: 'Print what the steps of a run printed.',
    positionals: [runReference, { name: 'STEP', summary: 'Default: all steps.', isOptional: true }],
    loads: 'implementations',
    data: 'log-lines',
    load: () => import('../commands/run-logs.ts'),
  },
  {
    words: ['artifact', 'list'],
    summary: 'List the artifacts, the newest first.',
    options: {
      run: { value: 'RUN', summary: 'Those of one run.', completion: 'runs' },
      limit: { value: 'COUNT', summary: 'At most so many. Default: 50.' },
    },
    loads: 'manifests',
    data: 'artifacts',
    load: () => import('../commands/artifact-list.ts'),
  },
  {
    words: ['artifact', 'describe'],
    summary: 'Show where an artifact is and what made it.',
    positionals: [artifactId],
    loads: 'manifests',
    data: 'artifact',
    load: () => import('../commands/artifact-describe.ts'),
  },
  {
    words: ['artifact', 'cat'],
    summary: 'Print the bytes of an artifact.',
    positionals: [artifactId],
    loads: 'implementations',
    data: 'artifact-content',
    load: () => import('../commands/artifact-cat.ts'),
  },
  {
    words: ['integration', 'list'],
    summary: 'List the integrations that are installed.',
    loads: 'manifests',
    data: 'integrations',
    load: () => import('../commands/integration-list.ts'),
  },
  {
    words: ['integration', 'describe'],
    summary: 'Show an integration and its flavors.',
    positionals: [
      { name: 'NAME', summary: 'Its package; s3 is short for @stack/integration-s3.', completion: 'integrations' },
    ],
    loads: 'manifests',
    data: 'integration',
    load: () => import('../commands/integration-describe.ts'),
  },
  {
    words: ['integration', 'install'],
    summary: "Install integrations with the project's own package manager.",
    positionals: [
      {
        name: 'NAME',
        summary: 'A package, with @VERSION where not the latest; s3 is short for @stack/integration-s3.',
        isRepeatable: true,
      },
    ],
    options: { 'dry-run': { summary: 'Print the command, and run nothing.' } },
    loads: 'manifests',
    data: 'installation',
    load: () => import('../commands/integration-install.ts'),
  },
  {
    words: ['completion'],
    summary: 'Print what makes a shell complete this command.',
    positionals: [
      {
        name: 'SHELL',
        summary: 'bash, zsh or fish: source <(stack completion bash)',
        completion: { words: ['bash', 'zsh', 'fish'] },
      },
    ],
    loads: 'manifests',
    data: 'completion-script',
    load: () => import('../commands/completion.ts'),
  },
  {
    words: ['schema'],
    summary: 'Print the JSON Schema of what a command prints with --json.',
    positionals: [
      {
        name: 'COMMAND',
        summary: 'The words of a command, or "help" for what --help prints. Default: all, by command.',
        isOptional: true,
        isRepeatable: true,
        completion: 'commands',
      },
    ],
    loads: 'manifests',
    data: 'json-schema',
    load: () => import('../commands/schema.ts'),
  },
  {
    words: ['version'],
    summary: 'Print the version.',
    loads: 'manifests',
    data: 'version',
    load: () => import('../commands/version.ts'),
  },
];
