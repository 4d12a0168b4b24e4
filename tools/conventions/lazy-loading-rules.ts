import { basename, matchesGlob } from 'node:path';
import { entryModule, reach } from './import-graph.ts';
import { packageOfSpecifier } from './module-imports.ts';
import type { Violation } from './violation.ts';
import type { SourceModule, WorkspacePackage } from './workspace.ts';

/** Entries from which the command line lists, describes and helps, by package. */
const lightEntries: Readonly<Record<string, readonly string[]>> = {
  '@stack/core': ['./errors', './manifest', './discovery', './secrets'],
  '@stack/store': ['./flavor-snapshots', './flavor-snapshots/postgres', './names'],
  '@stack/project': ['./flavors', './root'],
  '@stack/cli': ['.'],
};
/** What a light entry never evaluates, since each takes longer to load than the rest of a command; nor any integration. */
const heavyPackages = new Set(['zod', 'kysely']);

/** What the modules of a flavor may import, so that a config can be checked without its SDK. */
const flavorModules: Readonly<Record<string, { eager: readonly string[]; lazy: readonly string[] }>> = {
  'config.ts': { eager: ['zod', '@stack/core', '../*/config.ts'], lazy: [] },
  'flavor.ts': { eager: ['@stack/core', './config.ts'], lazy: ['./implementation.ts'] },
};

/** Packages that every user of an integration has loaded anyway. */
const sharedPackages = new Set(['zod', '@stack/core']);

/** What would load an SDK, or zod, where a list or a check is all that is wanted. */
export function lazyLoadingViolations(workspace: readonly WorkspacePackage[]): Violation[] {
  const integrations = workspace.filter(({ kind }) => kind === 'integration');
  return [
    ...integrations.flatMap(({ modules }) => modules.flatMap(flavorModuleViolations)),
    ...integrations.flatMap(integrationEntryViolations),
    ...workspace.flatMap((owner) => lightEntryViolations(workspace, owner)),
  ];
}

function flavorModuleViolations(module: SourceModule): Violation[] {
  const name = basename(module.path);
  const allowed = flavorModules[name];
  if (allowed === undefined) return [];
  return module.imports.flatMap(({ specifier, kind }) => {
    const list = kind === 'lazy' ? allowed.lazy : allowed.eager;
    if (
      specifier !== undefined &&
      list.some((pattern) => matchesGlob(packageOfSpecifier(specifier) ?? specifier, pattern))
    )
      return [];
    const how = kind === 'lazy' ? 'lazily imports' : 'imports';
    const what = specifier === undefined ? 'something that is no literal' : `"${specifier}"`;
    const may = list.length === 0 ? 'nothing' : list.join(' and ');
    const message = `It ${how} ${what}, and ${name} may so import ${may}; move the code to implementation.ts.`;
    return [{ file: module.file, rule: 'flavor-import', message }];
  });
}

function integrationEntryViolations(integration: WorkspacePackage): Violation[] {
  const entry = entryModule(integration, '.');
  if (entry === undefined) return [];
  // Types count too: whoever compiles against the integration need not have the SDK.
  const { chains, packages } = reach([integration], entry, ['static', 'type']);
  const implementations = [...chains].filter(([module]) => basename(module.path) === 'implementation.ts');
  return [
    ...implementations.map(([module, chain]) => ({
      file: module.file,
      rule: 'lazy-implementation',
      message: `The entry of the package loads it (${formatChain(chain)}); import it by \`import()\`, in flavor.ts alone.`,
    })),
    ...packages
      .filter(({ name }) => !sharedPackages.has(name) && !name.startsWith('node:'))
      .map(({ name, chain }) => ({
        file: chain.at(-1)?.file ?? entry.file,
        rule: 'lazy-implementation',
        message: `The entry of the package loads ${name} (${formatChain(chain)}); import it from implementation.ts, or what only that imports.`,
      })),
  ];
}

function lightEntryViolations(workspace: readonly WorkspacePackage[], owner: WorkspacePackage): Violation[] {
  const { name } = owner.manifest;
  return (lightEntries[name] ?? []).flatMap((subpath) => {
    const entry = entryModule(owner, subpath);
    if (entry === undefined) {
      const message = `The entry "${subpath}" is gone; take it out of tools/conventions/lazy-loading-rules.ts if that is meant.`;
      return [{ file: `${owner.folderInRepository}/package.json`, rule: 'light-entry', message }];
    }
    const { chains, packages } = reach(workspace, entry, ['static']);
    const heavy = [
      ...packages.filter((reached) => heavyPackages.has(reached.name)),
      ...workspace
        .filter(({ kind }) => kind === 'integration')
        .flatMap(({ manifest, modules }) =>
          modules.flatMap((module) => {
            const chain = chains.get(module);
            return chain === undefined ? [] : [{ name: manifest.name, chain }];
          }),
        ),
    ];
    return heavy.map((reached) => ({
      file: reached.chain.at(-1)?.file ?? entry.file,
      rule: 'light-entry',
      message: `${name}${subpath.slice(1)} loads ${reached.name} (${formatChain(reached.chain)}); break the chain, or import types alone.`,
    }));
  });
}

function formatChain(chain: readonly SourceModule[]): string {
  return chain.map(({ file }) => file).join(' → ');
}
