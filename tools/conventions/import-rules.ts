import { join, relative, sep } from 'node:path';
import { type ModuleImport, packageOfSpecifier } from './module-imports.ts';
import type { Violation } from './violation.ts';
import type { SourceModule, WorkspacePackage } from './workspace.ts';

/**
 * Which packages of this repository each package may import: the arrows of docs/architecture.md. `*` stands for all
 * integrations. Siblings meet in the interfaces of core.
 */
const packageArrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  store: ['@stack/core'],
  pipelines: ['@stack/core'],
  testkit: ['@stack/core'],
  'create-integration': ['@stack/core'],
  project: ['@stack/core', '@stack/store'],
  cli: ['@stack/core', '@stack/store', '@stack/pipelines', '@stack/project', '@stack/testkit', '@stack/integration-*'],
};
const integrationArrows = ['@stack/core'];
/** What keeps something in the metadata store is tested with a real one. */
const integrationTestArrows = [...integrationArrows, '@stack/store', '@stack/testkit'];

/** Packages that speak SQL, and the one package that may import them. */
const sqlPackages = new Set([
  'kysely',
  'node:sqlite',
  'pg',
  'better-sqlite3',
  '@libsql/client',
  '@electric-sql/pglite',
]);
const sqlOwner = '@stack/store';

/** What the modules of a package import. */
export function importViolations(workspacePackage: WorkspacePackage): Violation[] {
  const { kind, folder, folderName, folderInRepository, manifest, modules } = workspacePackage;
  if (kind === 'package' && packageArrows[folderName] === undefined) {
    const message = 'Add the package to the table of arrows in tools/conventions/import-rules.ts.';
    return [{ file: `${folderInRepository}/package.json`, rule: 'package-arrow', message }];
  }
  return modules.flatMap((module) => {
    const violations: Violation[] = [];
    const report = (rule: string, message: string) => void violations.push({ file: module.file, rule, message });
    for (const error of module.syntaxErrors) report('syntax', `It cannot be parsed: ${error}.`);
    if (module.hasExportStar) report('export-star', 'Replace "export *" by the list of what is exported.');
    for (const { specifier, kind: importKind } of module.imports) {
      if (specifier === undefined) continue;
      const imported = packageOfSpecifier(specifier);
      if (imported === undefined) {
        if (!specifier.endsWith('.ts'))
          report('relative-specifier', `Import "${specifier}" by its file name, with ".ts".`);
        const target = relative(folder, join(module.path, '..', specifier));
        // What tests start is no package: it is never published.
        const isBackend = module.isTest && target.startsWith(join('..', '..', 'tools', 'backends') + sep);
        if (target.split(sep)[0] === '..' && !isBackend) {
          report('package-arrow', `"${specifier}" leads out of the package; import the other package by its name.`);
        }
      } else if (imported.startsWith('@stack/') && !mayImport(workspacePackage, module, imported, importKind)) {
        const allowed = allowedPackages(workspacePackage, module).join(', ') || 'no other package';
        report('package-arrow', `It imports ${imported}; ${manifest.name} may import ${allowed} of this repository.`);
      } else if (sqlPackages.has(imported) && manifest.name !== sqlOwner) {
        report(
          'sql-owner',
          `It imports ${imported}; only ${sqlOwner} speaks SQL: add what you need to its MetadataStore.`,
        );
      }
    }
    return violations;
  });
}

function mayImport(
  workspacePackage: WorkspacePackage,
  module: SourceModule,
  imported: string,
  importKind: ModuleImport['kind'],
): boolean {
  if (workspacePackage.kind === 'example') return true;
  // A test of the built package imports it as its users do; and what a package loads of itself by its name, later, stays
  // out of a bundle of the first part.
  if (imported === workspacePackage.manifest.name) return module.isTest || importKind === 'lazy';
  return allowedPackages(workspacePackage, module).some(
    (allowed) => allowed === imported || (allowed.endsWith('*') && imported.startsWith(allowed.slice(0, -1))),
  );
}

function allowedPackages({ kind, folderName }: WorkspacePackage, { isTest }: SourceModule): readonly string[] {
  if (kind === 'integration') return isTest ? integrationTestArrows : integrationArrows;
  return packageArrows[folderName] ?? [];
}
