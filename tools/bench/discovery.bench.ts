import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../packages/core/src/manifest/index.ts';
import { repositoryRoot } from '../build/run-command.ts';
import { machine, measure } from './measure.ts';
import { reportAgainst, runNode } from './start-up.ts';

const rounds = 15;
/** At most this many times as long as for 10 installed flavors. */
const goal = 2;

/** `flavor list` in projects with more and more integrations and flavors. */
export default async function benchmarkDiscovery(): Promise<void> {
  const stack = join(repositoryRoot, 'packages', 'cli', 'bin', 'stack.js');
  const folder = mkdtempSync(join(tmpdir(), 'stack-bench-'));
  const subject = (packages: number, flavors: number) => {
    const root = join(folder, `${packages}x${flavors}`);
    makeProject(root, packages, flavors);
    runNode(root, [stack, 'init']);
    const name = `${packages * flavors} flavors in ${packages} packages`;
    return { name, run: () => runNode(root, [stack, 'artifact-store', 'flavor', 'list']) };
  };
  try {
    const measured = await measure([subject(10, 1), subject(100, 10), subject(1000, 1)], rounds);
    console.log(`stack artifact-store flavor list, ${machine()}`);
    reportAgainst(measured, { rounds, goal, baseline: '10 flavors' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function makeProject(root: string, packages: number, flavors: number): void {
  const names = Array.from({ length: packages }, (_, index) => `stack-integration-made-up-${index}`);
  mkdirSync(root, { recursive: true });
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, '1.0.0'])) }),
  );
  for (const name of names) {
    const folder = join(root, 'node_modules', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', stack: { apiVersion: 1, manifest: './stack-manifest.json' } }),
    );
    writeFileSync(join(folder, 'stack-manifest.json'), JSON.stringify(madeUpManifest(name, flavors)));
  }
}

/** A manifest with configs as large as those of real flavors. */
function madeUpManifest(name: string, count: number): Manifest {
  const fields = ['path', 'region', 'endpoint', 'accessKeyId', 'secretAccessKey', 'maxRetries', 'timeout', 'prefix'];
  const field = { type: 'string', description: 'What this field of the config is for, in a sentence.' };
  const properties = Object.fromEntries(fields.map((key) => [key, field]));
  return {
    apiVersion: 1,
    package: name,
    version: '1.0.0',
    componentTypes: [],
    flavors: Array.from({ length: count }, (_, index) => ({
      type: 'artifact-store',
      name: `${name}-${index}`,
      displayName: `Store number ${index}`,
      export: `store${index}Flavor`,
      configVersion: 1,
      configSchema: { type: 'object', properties, required: ['path'] },
      settingsSchema: { type: 'object', properties: {} },
      secretFields: [],
      isLocal: false,
      capabilities: [],
    })),
  };
}
