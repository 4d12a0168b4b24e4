import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  artifactStoreConfig,
  createComponent,
  defineFlavor,
  Orchestrator,
  type Plan,
  type RunContext,
} from '@stack/core';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import FolderArtifactStore from '../../test/folder-store/folder-artifact-store.ts';
import { remoteArtifactStoreFlavor } from '../../test/remote-store/flavor.ts';
import { expiredToken, RemoteServer, rightToken } from '../../test/remote-store/remote-server.ts';
import type { ConformanceReport } from '../conformance/report/conformance-report.ts';
import { memoryArtifactStoreFlavor } from '../memory-artifact-store/flavor.ts';
import MemorySecretStore from '../memory-secret-store/implementation.ts';
import { checkFlavor } from './check-flavor.ts';

const folderFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'folder',
  configSchema: artifactStoreConfig({ schemes: ['file://'], localPath: true }),
  implementation: async () => ({ default: FolderArtifactStore }),
});

const server = await RemoteServer.start();
afterAll(() => server[Symbol.asyncDispose]());

/** The outcome of each case, by its name. */
function outcomes({ cases }: ConformanceReport): Record<string, string> {
  return Object.fromEntries(cases.map(({ name, outcome, reason }) => [name, reason ?? outcome]));
}

describe('an artifact store', () => {
  it('gets a new folder below its path for each case, which is gone afterwards', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stack-check-'));
    try {
      const cases = ['what is written is read back', 'is not followed by removals', 'what one component writes'];
      const report = await checkFlavor(folderFlavor, { config: { path: `${folder}/` }, cases });
      expect(outcomes(report)).toEqual({
        'what is written is read back byte for byte': 'passed',
        'a symbolic link below the root is not followed by removals': 'passed',
        'what one component writes another one reads at once': 'passed',
      });
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('that keeps all in its own memory is not asked what another component sees', async () => {
    const cases = ['what one component writes', 'text is kept'];
    const report = await checkFlavor(memoryArtifactStoreFlavor, { config: { path: 'memory://a' }, cases });
    expect(outcomes(report)).toEqual({
      'text is kept as UTF-8': 'passed',
      'what one component writes another one reads at once': 'no other component can have its objects',
    });
  });

  it('behind a server is tried through a proxy, and with credentials that are refused', async () => {
    const cases = ['a connection that breaks once', 'credentials are ACCESS_DENIED'];
    const config = { path: 'remote://a', endpoint: server.endpoint, token: rightToken };
    const all = { wrongCredentials: { token: 'wrong' }, expiredCredentials: { token: expiredToken } };
    expect(outcomes(await checkFlavor(remoteArtifactStoreFlavor, { config, cases, ...all }))).toEqual({
      'a connection that breaks once is no failure': 'passed',
      'wrong credentials are ACCESS_DENIED and change nothing': 'passed',
      'expired credentials are ACCESS_DENIED and change nothing': 'passed',
    });
    const unknown = { endpointField: 'address' };
    expect(outcomes(await checkFlavor(remoteArtifactStoreFlavor, { config, cases, ...unknown }))).toEqual({
      'a connection that breaks once is no failure': 'there is no endpoint to put a proxy before',
      'wrong credentials are ACCESS_DENIED and change nothing': 'there are no wrong credentials to try',
      'expired credentials are ACCESS_DENIED and change nothing': 'there are no expired credentials to try',
    });
  });

  it('need not support what its flavor does not declare', async () => {
    const cases = ['a signed URL expires'];
    const report = await checkFlavor(memoryArtifactStoreFlavor, { config: { path: 'memory://a' }, cases });
    expect(outcomes(report)).toEqual({ 'a signed URL expires': 'it does not declare the capability signedUrl' });
    expect(report.isConformant).toBe(true);
  });

  it('whose server is not there is told so once, before any case', async () => {
    const config = { path: 'remote://a', endpoint: 'http://127.0.0.1:9', token: rightToken, retry: { attempts: 1 } };
    await expect(checkFlavor(remoteArtifactStoreFlavor, { config })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('a secret store', () => {
  // What every component of a test shares, as those of one config share what is behind them.
  const memory = new Map();
  afterEach(() => memory.clear());

  function sharedFlavor(capabilities: readonly string[]) {
    return defineFlavor({
      type: 'secret-store',
      name: 'shared',
      configSchema: z.object({}),
      capabilities,
      implementation: async () => ({
        default: class extends MemorySecretStore {
          constructor(context: ConstructorParameters<typeof MemorySecretStore>[0]) {
            super({ ...context, overrides: { memory } });
          }
        },
      }),
    });
  }

  it('passes the suite, and has no secret of it afterwards', async () => {
    const report = await checkFlavor(sharedFlavor(['personal']), { config: {} });
    expect(report.cases.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(report).toMatchObject({ componentType: 'secret-store', isConformant: true, totals: { misdeclared: 0 } });
    expect(report.totals.passed).toBeGreaterThan(30);
    const reasons = new Set(report.cases.flatMap(({ outcome, reason }) => (outcome === 'unsupported' ? [reason] : [])));
    expect([...reasons]).toEqual(['it does not declare the capability rekey']);
    expect(memory.size).toBe(0);
  });

  it('that holds secrets is left alone', async () => {
    const flavor = sharedFlavor(['personal']);
    await using store = await createComponent(flavor, { name: 'mine', config: {} });
    await store.create('mine', { key: 'a value' });
    await expect(checkFlavor(flavor, { config: {} })).rejects.toMatchObject({
      code: 'IN_USE',
      message: expect.stringContaining('holds a secret, which the cases would delete'),
    });
    expect(memory.size).toBe(1);
  });

  it('that takes no writes is refused', async () => {
    await expect(checkFlavor(sharedFlavor(['read-only']), { config: {} })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      hint: expect.stringContaining('plant'),
    });
  });
});

describe('other component types', () => {
  it('have their own suites', async () => {
    class NeverRuns extends Orchestrator {
      override async runPlan(_plan: Plan, _context: RunContext): Promise<void> {}
    }
    const flavor = defineFlavor({
      type: 'orchestrator',
      name: 'never',
      configSchema: z.object({}),
      implementation: async () => ({ default: NeverRuns }),
    });
    const report = await checkFlavor(flavor, { config: {}, cases: ['each step is executed once', 'without steps'] });
    expect(outcomes(report)).toEqual({ 'each step is executed once': 'failed', 'a plan without steps ends': 'passed' });
    expect(report).toMatchObject({ componentType: 'orchestrator', flavor: 'never', isConformant: false });
  });

  it('without a suite are refused, and so are configs and cases that are none', async () => {
    const config = { path: 'memory://a' };
    const other = { ...memoryArtifactStoreFlavor, type: 'annotator' };
    await expect(checkFlavor(other as never, { config })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    await expect(checkFlavor(memoryArtifactStoreFlavor, { config: {} })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(checkFlavor(memoryArtifactStoreFlavor, { config, cases: ['no such'] })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      problems: [{ path: 'no such' }],
    });
  });
});
