import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cleanEnvironment,
  runStack,
  stack,
  stackBin,
  type stackJson,
  temporaryFolder,
  writeFiles,
} from './run-stack.ts';

interface Report {
  readonly componentType: string;
  readonly flavor: string;
  readonly capabilities: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly totals: Readonly<Record<string, number>>;
  readonly isConformant: boolean;
  readonly cases: readonly { readonly name: string; readonly outcome: string; readonly reason?: string }[];
}

const folder = temporaryFolder();
const root = folder.path;

/** A flavor whose stores lose the last byte, and which only `leaky.ts#leakyFlavor` tells of. */
const leakyFlavor = `
import { artifactStoreConfig, defineFlavor } from '@stack/core';
export const leakyFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'leaky',
  configSchema: artifactStoreConfig({ schemes: ['memory://'] }),
  implementation: async () => {
    const { memoryArtifactStoreFlavor } = await import('@stack/testkit');
    const { default: MemoryArtifactStore } = await memoryArtifactStoreFlavor.implementation();
    return {
      default: class extends MemoryArtifactStore {
        override async doRead(key: string, request: never) {
          const content = await super.doRead(key, request);
          throw Object.assign(new Error('no byte of ' + key + ' in memory://' + this.name), { content });
        }
      },
    };
  },
});
`;

beforeAll(() => {
  writeFiles(root, {
    'package.json': '{}',
    'leaky.ts': leakyFlavor,
    'declared.yaml': 'text is kept as UTF-8: it has no texts\n',
    'wrong.yaml': 'a missing object is NOT_FOUN: a typo\nno such case: another\n',
    'list.yaml': '- a\n',
    'store.yaml': 'path: ./from-file\n',
  });
});

afterAll(() => folder[Symbol.dispose]());

function conformance(...words: string[]) {
  const { status, stdout, stderr } = runStack(root, ['conformance', ...words, '--json'], { timeout: 110_000 });
  return { status, stderr, document: JSON.parse(stdout) as ReturnType<typeof stackJson<Report>> };
}

describe('stack conformance', () => {
  it('runs every case of the suite on a configured store, and leaves nothing of it', { timeout: 120_000 }, () => {
    const { status, stderr, document } = conformance('local', '--type=artifact-store', '--path=./artifacts');
    expect({ status, stderr, error: document.error }).toEqual({ status: 0, stderr: '', error: undefined });
    const { totals, cases, versions, capabilities } = document.data;
    expect(totals).toMatchObject({ failed: 0, misdeclared: 0 });
    expect(cases.filter(({ outcome, name }) => outcome === 'unsupported' && !name.includes('signed URL'))).toEqual([]);
    expect(totals.passed).toBeGreaterThanOrEqual(180);
    // It kills processes that write with the same config, and lays links in the folder.
    const passed = new Set(cases.filter(({ outcome }) => outcome === 'passed').map(({ name }) => name));
    expect(passed).toContain('a writer that is killed leaves the old bytes or the new ones');
    expect(passed).toContain('a symbolic link below the root is not followed by removals');
    expect(cases).toHaveLength(Object.values(totals).reduce((sum, count) => sum + count, 0));
    expect(cases.filter(({ outcome, reason }) => outcome === 'skipped' && reason === undefined)).toEqual([]);
    expect(Object.keys(versions).sort()).toEqual(['@stack/core', '@stack/integration-local', '@stack/testkit', 'node']);
    expect(capabilities).toContain('atomicRename');
    expect(existsSync(join(root, 'artifacts')) ? readdirSync(join(root, 'artifacts')) : []).toEqual([]);
  });

  it('takes the config of a file, and the cases that have a text in their names', () => {
    const { document } = conformance(
      'local',
      '--type=artifact-store',
      '--config=store.yaml',
      '--case=ifAbsent writes where',
    );
    expect(document.data.cases).toEqual([
      { name: 'ifAbsent writes where nothing is', outcome: 'passed', duration: expect.any(Number) },
    ]);
  });

  it('runs the suite of orchestrators too', () => {
    const { document } = conformance('local', '--type=orchestrator', '--case=cancelled');
    expect(document).toMatchObject({ ok: true, data: { componentType: 'orchestrator' } });
  });

  it('runs the cases about workers by the settings that they are given', { timeout: 120_000 }, () => {
    const words = ['local', '--type=orchestrator', '--case=worker'];
    const workers = ['--worker-settings=isolation=process', '--limited-settings=memory-limit=256'];
    const { document } = conformance(...words, ...workers);
    expect(document.data.cases.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(document.data.cases.length).toBeGreaterThan(10);
    expect(conformance(...words).document.data.totals).toMatchObject({ passed: 0 });
    const { error } = conformance(...words, '--worker-settings=isolaton=process').document;
    expect(error.message).toMatch(/--worker-settings are not valid:\n {2}isolaton: .*Did you mean "--isolation"/);
  });

  it('runs the suite of secret stores on a metadata store of its own, and leaves no key', { timeout: 120_000 }, () => {
    using home = temporaryFolder();
    using temporary = temporaryFolder();
    const env = { PATH: process.env.PATH, HOME: home.path, TMPDIR: temporary.path };
    const words = ['conformance', 'local', '--type=secret-store', '--json'];
    const { stdout, stderr } = runStack(root, words, { env, timeout: 110_000 });
    expect(stderr).toBe('');
    const { ok, data } = JSON.parse(stdout) as ReturnType<typeof stackJson<Report>>;
    expect({ ok, componentType: data.componentType }).toEqual({ ok: true, componentType: 'secret-store' });
    expect(data.cases.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(data.totals.passed).toBeGreaterThanOrEqual(40);
    // Node keeps compiled code there.
    const left = readdirSync(temporary.path).filter((name) => name !== 'node-compile-cache');
    expect([readdirSync(home.path), left]).toEqual([[], []]);
  });

  it('fails for a flavor that breaks a rule, and says which', () => {
    const { status, document } = conformance('leaky.ts#leakyFlavor', '--path=memory://a', '--case=byte for byte');
    expect(status).toBe(1);
    expect(document).toMatchObject({
      ok: false,
      data: { isConformant: false, totals: { passed: 0 } },
      error: {
        code: 'CONFORMANCE_FAILED',
        problems: expect.arrayContaining([
          expect.objectContaining({ path: 'what is written is read back byte for byte' }),
        ]),
      },
    });
    const { stdout, stderr } = runStack(root, [
      'conformance',
      'leaky.ts#leakyFlavor',
      '--path=memory://a',
      '--case=text is',
    ]);
    expect(stdout).toMatch(/OUTCOME +CASE +WHY\nfailed +text is kept as UTF-8 +no byte of text/);
    expect(stdout).toMatch(/artifact-store\/leaky: 0 passed, 1 failed, in /);
    expect(stderr).toContain('--unsupported FILE');
  });

  it('takes declarations of what is unsupported, and fails for one that is not so', () => {
    const words = ['--case=text is kept as UTF-8', '--unsupported=declared.yaml'];
    const leaky = conformance('leaky.ts#leakyFlavor', '--path=memory://a', ...words);
    expect(leaky).toMatchObject({ status: 0, document: { data: { cases: [{ outcome: 'unsupported' }] } } });
    const local = conformance('local', '--type=artifact-store', '--path=./artifacts', ...words);
    expect(local).toMatchObject({ status: 1, document: { data: { cases: [{ outcome: 'misdeclared' }] } } });
  });

  it('writes reports as JUnit XML and HTML, when cases fail too', () => {
    const words = ['--case=text is kept', '--junit=junit.xml', '--html=report.html'];
    expect(conformance('leaky.ts#leakyFlavor', '--path=memory://a', ...words).status).toBe(1);
    expect(readFileSync(join(root, 'junit.xml'), 'utf8')).toMatch(
      /<testcase classname="artifact-store\/leaky" name="text is kept as UTF-8" time="[\d.]+"><failure /,
    );
    expect(readFileSync(join(root, 'report.html'), 'utf8')).toContain('<td class="failed">failed</td>');
    const unwritable = conformance(
      'local',
      '--type=artifact-store',
      '--path=./a',
      '--case=text is',
      '--junit=no/where',
    );
    // No case was run whose result could not be written.
    expect(unwritable.document).toMatchObject({ error: { code: 'FILE_NOT_FOUND' } });
    expect(unwritable.document.data).toBeUndefined();
  });

  it.each([
    [['local', '--path=./a'], 'AMBIGUOUS', '--type artifact-store or --type orchestrator'],
    [['lokal', '--path=./a'], 'FLAVOR_NOT_FOUND', '"local"'],
    [['local', '--type=artifact-store'], 'CONFIG_INVALID', undefined],
    [['local', '--type=artifact-store', '--path=./a', '--case=no such case'], 'ARGUMENT_INVALID', undefined],
    [['local', '--type=artifact-store', '--path=./a', '--unsupported=wrong.yaml'], 'ARGUMENT_INVALID', 'NOT_FOUND'],
    [
      ['local', '--type=artifact-store', '--path=./a', '--unsupported=list.yaml'],
      'CONFIG_INVALID',
      'the name of a case',
    ],
    [['local', '--type=artifact-store', '--path=./a', '--timeout=soon'], 'ARGUMENT_INVALID', '--timeout=30'],
    [['leaky.ts#nothing', '--path=memory://a'], 'EXPORT_NOT_FOUND', undefined],
    [['env'], 'ARGUMENT_INVALID', 'testSecretStore of @stack/testkit'],
  ])('%j is %s', (words, code, hint) => {
    const { document } = conformance(...words);
    expect(document).toMatchObject({ ok: false, error: { code } });
    if (hint !== undefined) expect(document.error.hint).toContain(hint);
  });

  it('lists the options of a flavor with --help', () => {
    expect(stack(root, 'conformance', 'local', '--type=artifact-store', '--help')).toMatch(/--path +string +required/);
  });

  it('stops after the case that runs when it is interrupted, and cleans up', async () => {
    const words = ['conformance', 'local', '--type=artifact-store', '--path=./interrupted', '--json'];
    const child = spawn(process.execPath, [stackBin, ...words], { cwd: root, env: cleanEnvironment });
    const output = text(child.stdout);
    const watched = setInterval(() => {
      if (!existsSync(join(root, 'interrupted'))) return;
      clearInterval(watched);
      child.kill('SIGINT');
    }, 5);
    const document = JSON.parse(await output) as ReturnType<typeof stackJson<Report>>;
    expect(document).toMatchObject({ ok: false, error: { code: 'ABORTED' } });
    expect(document.data.cases.length).toBeLessThan(150);
    expect(readdirSync(join(root, 'interrupted'))).toEqual([]);
  });
});
