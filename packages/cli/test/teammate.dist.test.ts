import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installNotifiers } from './notifier-package.ts';
import { runStack, stack, stackJson, temporaryFolder, trainingPipeline, writeFiles } from './run-stack.ts';

// A project as somebody else's machine has it: what is stored is all there, and what it needs is not.

const folder = temporaryFolder();
const original = join(folder.path, 'original');

const workingFlavor = `
import { Orchestrator, defineFlavor } from '@stack/core';
import * as z from 'zod';
import { name } from './name.ts';
export const mineFlavor = defineFlavor({
  type: 'orchestrator',
  name,
  isLocal: true,
  configSchema: z.object({}),
  implementation: async () => ({ default: Orchestrator }),
});
`;

const sharedFlavor = `
import { artifactStoreConfig, defineFlavor } from '@stack/core';
import * as z from 'zod';
export const sharedFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'shared',
  isLocal: true,
  configSchema: artifactStoreConfig({ schemes: ['shared://'] }),
  implementation: () => import('some-sdk'),
});
`;

beforeAll(() => {
  installNotifiers(original);
  writeFiles(original, {
    'flavors/mine.ts': workingFlavor,
    'flavors/name.ts': "export const name = 'mine';",
    'node_modules/@acme/shared/package.json': JSON.stringify({
      name: '@acme/shared',
      version: '1.0.0',
      type: 'module',
      exports: './index.js',
    }),
    'node_modules/@acme/shared/index.js': sharedFlavor,
    'pipelines/training.ts': trainingPipeline,
    'pipelines/rows.ts': 'export const rows = [1, 2];',
  });
  stack(original, 'init');
  stack(original, 'orchestrator', 'flavor', 'register', 'flavors/mine.ts#mineFlavor');
  stack(original, 'artifact-store', 'flavor', 'register', '@acme/shared#sharedFlavor');
  stack(original, 'orchestrator', 'register', 'here', '--flavor=mine');
  stack(original, 'artifact-store', 'register', 'all', '--flavor=shared', '--path=shared://a');
  stack(original, 'notifier', 'register', 'mail', '--flavor=mail');
  stack(original, 'register', 'team', '--orchestrator=here', '--artifact-store=all', '--notifier=mail');
  stack(original, 'pipeline', 'run', 'pipelines/training.ts#training', '--run-name=first');
  stack(original, 'set', 'team');
});

afterAll(() => folder[Symbol.dispose]());

/** The project as it was committed, and `change` to what is on the machine. */
function clone(name: string, change: (root: string) => void): string {
  const root = join(folder.path, name);
  cpSync(original, root, { recursive: true });
  change(root);
  return root;
}

interface Warning {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

function warningsOf(root: string, ...words: string[]): Warning[] {
  const { ok, warnings } = stackJson(root, ...words);
  expect(ok, words.join(' ')).toBe(true);
  return warnings as Warning[];
}

const packages = [
  {
    code: 'DEPENDENCY_MISSING',
    message:
      'The flavor "shared" of the artifact-store "all" comes from the package @acme/shared, which is not installed.',
    hint: 'Install it: npm install @acme/shared',
  },
  {
    code: 'FLAVOR_NOT_FOUND',
    message: 'The flavor "mail" of the notifier "mail" comes from the package @acme/notifiers, which is not installed.',
    hint: 'Install it: npm install @acme/notifiers',
  },
];

it('with everything installed nothing is missing', () => {
  for (const words of ['status', 'list', 'describe']) expect(warningsOf(original, words), words).toEqual([]);
});

describe('a project without its node_modules', () => {
  let root: string;

  beforeAll(() => {
    root = clone('without-packages', (path) => rmSync(join(path, 'node_modules'), { recursive: true }));
  });

  it('shows its stacks and their components, of types that nobody knows here too, and what to install', () => {
    for (const words of ['status', 'list', 'describe']) expect(warningsOf(root, words), words).toMatchObject(packages);
    const { stdout, stderr, status } = runStack(root, ['describe', 'team']);
    expect(stdout).toMatch(
      /orchestrator\s+here\s+mine[\s\S]*artifact-store\s+all\s+shared[\s\S]*notifier\s+mail\s+mail/,
    );
    expect(stderr).toContain('hint: Install it: npm install @acme/notifiers\n');
    expect(status).toBe(0);
  });

  it('shows its flavors and components, and what to install', () => {
    expect(warningsOf(root, 'artifact-store', 'list')).toMatchObject(packages.slice(0, 1));
    expect(warningsOf(root, 'artifact-store', 'describe', 'all')).toMatchObject(packages.slice(0, 1));
    expect(stack(root, 'artifact-store', 'flavor', 'list')).toMatch(
      /shared\s+@acme\/shared#sharedFlavor\s+without @acme\/shared/,
    );
    const { error } = stackJson(root, 'notifier', 'list');
    expect(error).toMatchObject({
      code: 'COMPONENT_TYPE_NOT_FOUND',
      message: expect.stringContaining('"notifier" is not known here: the components of it come from @acme/notifiers'),
      hint: 'Install what is missing: npm install @acme/notifiers',
    });
  });

  it('shows its runs, and exports its stack as it would where everything is installed', () => {
    expect(stack(root, 'run', 'list')).toMatch(/first\s+training\s+default\s+completed/);
    expect(stack(root, 'run', 'describe', 'first')).toMatch(/sum\s+completed/);
    expect(stack(root, 'export', 'team')).toBe(stack(original, 'export', 'team'));
  });

  it('runs nothing on such a stack, and says what to install', () => {
    const { error } = stackJson(root, 'pipeline', 'run', 'pipelines/training.ts#training');
    expect(`${error.message} ${error.hint}`).toContain('npm install @acme/');
    expect(stackJson(root, 'validate')).toMatchObject({
      data: {
        problems: [
          { path: 'artifact-store:all', hint: expect.stringContaining('npm install @acme/shared') },
          { path: 'notifier:mail', hint: expect.stringContaining('npm install @acme/notifiers') },
        ],
      },
    });
  });
});

describe('a project with another version of an integration', () => {
  it('says which package no longer has the flavor of a component', () => {
    const root = clone('updated', (path) => {
      const file = join(path, 'node_modules/@acme/notifiers/stack-manifest.json');
      const manifest = JSON.parse(readFileSync(file, 'utf8')) as { flavors: { name: string }[] };
      const flavors = manifest.flavors.filter(({ name }) => name !== 'mail');
      writeFileSync(file, JSON.stringify({ ...manifest, flavors }));
    });
    const gone = {
      code: 'FLAVOR_NOT_FOUND',
      message:
        'The flavor "mail" of the notifier "mail" comes from the package @acme/notifiers, which no longer has it.',
      hint: 'Install a version of @acme/notifiers that has the flavor.',
    };
    for (const words of ['list', 'notifier list']) {
      expect(warningsOf(root, ...words.split(' ')), words).toMatchObject([gone]);
    }
  });
});

describe('a project with other files', () => {
  it('says where the file of a flavor was, and is mended by saying where it is', () => {
    const root = clone('moved', (path) => renameSync(join(path, 'flavors'), join(path, 'parts')));
    const gone = {
      code: 'MODULE_NOT_FOUND',
      message:
        'The flavor "mine" of the orchestrator "here" needs flavors/mine.ts and flavors/name.ts in the project, and there is no such file.',
      hint: 'Put it back, or say where the flavor is now: stack orchestrator flavor update FILE#EXPORT',
    };
    for (const words of ['status', 'describe team', 'orchestrator describe here']) {
      expect(warningsOf(root, ...words.split(' ')), words).toMatchObject([gone]);
    }
    stack(root, 'orchestrator', 'flavor', 'update', 'parts/mine.ts#mineFlavor');
    expect(warningsOf(root, 'describe', 'team')).toEqual([]);
  });

  it('misses a file that a flavor imports, unless the flavor was rewritten since', () => {
    const root = clone('rewritten', (path) => rmSync(join(path, 'flavors', 'name.ts')));
    expect(warningsOf(root, 'describe')).toMatchObject([
      { message: expect.stringContaining('needs flavors/name.ts in') },
    ]);
    const rewritten = workingFlavor.replace("import { name } from './name.ts';", "const name = 'mine';");
    writeFiles(root, { 'flavors/mine.ts': rewritten });
    expect(warningsOf(root, 'describe')).toEqual([]);
  });
});
