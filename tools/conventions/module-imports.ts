import { readFileSync } from 'node:fs';
import { parseSync, Visitor } from 'oxc-parser';

export interface ModuleImport {
  /** `undefined` for an `import()` of something that is not a literal. */
  readonly specifier: string | undefined;
  /** `type`: gone at run time. `static`: evaluated with the module. `lazy`: by `import()`, when its code runs. */
  readonly kind: 'type' | 'static' | 'lazy';
}

export interface ModuleImports {
  readonly imports: readonly ModuleImport[];
  /** Whether the module has an `export *` without a name. */
  readonly hasExportStar: boolean;
  readonly syntaxErrors: readonly string[];
}

/** What a TypeScript module imports, and exports from elsewhere. */
export function readModuleImports(path: string): ModuleImports {
  const { program, errors } = parseSync(path, readFileSync(path, 'utf8'));
  const imports: ModuleImport[] = [];
  let hasExportStar = false;
  // `import { type A }` without other names still evaluates the module, as `verbatimModuleSyntax` keeps the statement.
  const kindOf = (kind: string | undefined) => (kind === 'type' ? 'type' : 'static');
  const visitor = new Visitor({
    ImportDeclaration: (node) => void imports.push({ specifier: node.source.value, kind: kindOf(node.importKind) }),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) imports.push({ specifier: node.source.value, kind: kindOf(node.exportKind) });
    },
    ExportAllDeclaration: (node) => {
      imports.push({ specifier: node.source.value, kind: kindOf(node.exportKind) });
      if (node.exported === null) hasExportStar = true;
    },
    ImportExpression: ({ source }) => {
      const isLiteral = source.type === 'Literal' && typeof source.value === 'string';
      imports.push({ specifier: isLiteral ? String(source.value) : undefined, kind: 'lazy' });
    },
    TSImportType: (node) => void imports.push({ specifier: node.source.value, kind: 'type' }),
  });
  visitor.visit(program);
  return { imports, hasExportStar, syntaxErrors: errors.map((error) => error.message) };
}

/** The package that a specifier leads to: `@scope/name` or `name`; `undefined` for a relative one. */
export function packageOfSpecifier(specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined;
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
