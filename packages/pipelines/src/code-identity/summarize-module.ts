import { createHash } from 'node:crypto';
import { parseSync } from 'oxc-parser';
import type { CodeUnit, ImportedName, ModuleSummary } from './module-summary.ts';
import { type NormalizedCode, normalizeCode } from './normalized-code.ts';
import { isErased, isNode, literalText, nameOf, nodesOf, type SyntaxNode } from './syntax-node.ts';

/** Name of what `export default` exports. */
const defaultName = 'default';

type FoundUnit = Omit<
  CodeUnit,
  'label' | 'kind' | 'digest' | 'references' | 'referencesAtOnce' | 'assigned' | 'imports' | 'functions' | 'unknown'
> & {
  readonly code: NormalizedCode;
  readonly isEffect: boolean;
  /** What a variable is set to. */
  readonly value?: SyntaxNode | undefined;
};

/**
 * @param path decides by its ending what the source is written in
 * @throws Error when it cannot be parsed
 */
export function summarizeModule(path: string, source: string): ModuleSummary {
  const { program, errors } = parseSync(path, source, { preserveParens: false });
  const [error] = errors;
  if (error !== undefined) throw new Error(error.message);
  const found = new ModuleContents();
  for (const statement of program.body) found.add(statement as unknown as SyntaxNode);
  return found.summary(source);
}

class ModuleContents {
  readonly #units: FoundUnit[] = [];
  readonly #imports: Record<string, ImportedName> = record();
  readonly #exports: Record<string, { readonly local: string } | ImportedName> = record();
  readonly #stars: string[] = [];
  readonly #evaluated = new Set<string>();

  add(statement: SyntaxNode): void {
    if (isErased(statement)) return;
    const specifier = literalText(statement.source);
    switch (statement.type) {
      case 'ImportDeclaration':
        if (specifier !== undefined) this.#addImport(specifier, statement);
        break;
      case 'ExportAllDeclaration':
        if (specifier !== undefined) this.#addExportAll(specifier, statement);
        break;
      case 'ExportNamedDeclaration':
        this.#addExport(specifier, statement);
        break;
      case 'ExportDefaultDeclaration':
        this.#addDefault(statement);
        break;
      default:
        this.#addStatement(statement, statement);
    }
  }

  summary(source: string): ModuleSummary {
    const local = new Set(this.#units.flatMap(({ names }) => names));
    const isKnown = (name: string) => local.has(name) || Object.hasOwn(this.#imports, name);
    const labels = new Map<string, number>();
    const units = this.#units.map((unit): CodeUnit => {
      const { names, code, start, end } = unit;
      const label = names.length === 0 ? 'top-level code' : names.join(',');
      const count = (labels.get(label) ?? 0) + 1;
      labels.set(label, count);
      return {
        label: count === 1 ? label : `${label} (${count})`,
        names,
        kind: this.#kindOf(unit),
        digest: createHash('sha256').update(code.text).digest('hex'),
        references: [...code.names].filter((name) => isKnown(name) && !names.includes(name)),
        referencesAtOnce: [...code.namesAtOnce].filter((name) => isKnown(name) && !names.includes(name)),
        assigned: [...code.assigned].filter((name) => local.has(name) && !names.includes(name)),
        imports: [...code.imports],
        functions: code.functions,
        ...(code.unknown === undefined
          ? {}
          : {
              unknown: { reason: code.unknown.reason, line: source.slice(0, code.unknown.offset).split('\n').length },
            }),
        start,
        end,
      };
    });
    return {
      units,
      imports: this.#imports,
      exports: this.#exports,
      stars: this.#stars,
      evaluated: [...this.#evaluated],
    };
  }

  #addImport(specifier: string, statement: SyntaxNode): void {
    this.#evaluated.add(specifier);
    const specifiers = nodesOf(statement.specifiers);
    if (specifiers.length === 0) {
      // What is imported for what it does runs whoever uses its names.
      const code = { ...normalizeCode(statement), imports: new Set([specifier]) };
      this.#units.push({ names: [], code, isEffect: true, start: statement.start, end: statement.end });
    }
    for (const imported of specifiers.filter((node) => !isErased(node))) {
      const local = nameOf(imported.local);
      if (local === undefined) continue;
      const name =
        imported.type === 'ImportNamespaceSpecifier'
          ? '*'
          : imported.type === 'ImportDefaultSpecifier'
            ? defaultName
            : (nameOf(imported.imported) ?? '*');
      this.#imports[local] = { specifier, name };
    }
  }

  #addExportAll(specifier: string, statement: SyntaxNode): void {
    this.#evaluated.add(specifier);
    const exported = nameOf(statement.exported);
    if (exported === undefined) this.#stars.push(specifier);
    else this.#exports[exported] = { specifier, name: '*' };
  }

  #addExport(specifier: string | undefined, statement: SyntaxNode): void {
    if (specifier !== undefined) this.#evaluated.add(specifier);
    if (isNode(statement.declaration) && !isErased(statement.declaration)) {
      for (const name of this.#addStatement(statement.declaration, statement)) this.#exports[name] = { local: name };
    }
    for (const entry of nodesOf(statement.specifiers).filter((node) => !isErased(node))) {
      const [local, exported] = [nameOf(entry.local), nameOf(entry.exported)];
      if (local === undefined || exported === undefined) continue;
      this.#exports[exported] = specifier === undefined ? { local } : { specifier, name: local };
    }
  }

  #addDefault(statement: SyntaxNode): void {
    const { declaration, start, end } = statement;
    if (!isNode(declaration) || isErased(declaration)) return;
    const name = nameOf(declaration.id) ?? defaultName;
    this.#exports[defaultName] = { local: name };
    const code = normalizeCode(declaration);
    this.#units.push({ names: [name], code, isEffect: false, value: declaration, start, end });
  }

  /** @returns the names that it declares */
  #addStatement(statement: SyntaxNode, { start, end }: SyntaxNode): readonly string[] {
    if (statement.type === 'VariableDeclaration') {
      const declarators = nodesOf(statement.declarations);
      return declarators.flatMap((declarator, index) => {
        const code = normalizeCode(declarator);
        const names = patternNames(declarator.id);
        this.#units.push({
          names,
          code: { ...code, text: `${statement.kind} ${code.text}` },
          // A variable that needs to be disposed of is there for what that does.
          isEffect: !/^(?:const|let|var)$/.test(String(statement.kind)),
          value: isNode(declarator.init) ? declarator.init : undefined,
          // What stands around the variables of a statement belongs to the first and the last.
          start: index === 0 ? start : declarator.start,
          end: index === declarators.length - 1 ? end : declarator.end,
        });
        return names;
      });
    }
    const name = nameOf(statement.id);
    const isDeclaration = name !== undefined && /Declaration$/.test(statement.type);
    const names = isDeclaration ? [name] : [];
    this.#units.push({ names, code: normalizeCode(statement), isEffect: !isDeclaration, start, end });
    return names;
  }

  #kindOf({ names, isEffect, value }: FoundUnit): CodeUnit['kind'] {
    if (isEffect) return 'effect';
    if (this.#isCallTo('pipeline', value)) return 'pipeline';
    if (value === undefined || !isActive(value)) return 'declaration';
    // A variable that nothing reads is set for what that does.
    if (!names.some((name) => this.#isExported(name) || this.#isMentioned(name))) return 'effect';
    // To make a step does nothing to others.
    return this.#isCallTo('step', value) ? 'declaration' : 'value';
  }

  #isCallTo(of: 'step' | 'pipeline', value: SyntaxNode | undefined): boolean {
    if (value?.type !== 'CallExpression' || !isNode(value.callee)) return false;
    const { callee } = value;
    const variable = nameOf(callee.type === 'MemberExpression' ? callee.object : callee);
    const imported = variable === undefined ? undefined : this.#imports[variable];
    const name = callee.type === 'MemberExpression' ? nameOf(callee.property) : imported?.name;
    return imported?.specifier === '@stack/pipelines' && name === of;
  }

  #isExported(name: string): boolean {
    return Object.values(this.#exports).some((exported) => 'local' in exported && exported.local === name);
  }

  #isMentioned(name: string): boolean {
    return this.#units.some(({ names, code }) => !names.includes(name) && code.names.has(name));
  }
}

/** Without a prototype: a module may export `constructor`. */
function record<Value>(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
}

function patternNames(pattern: unknown): readonly string[] {
  if (!isNode(pattern)) return [];
  if (pattern.type === 'Identifier') return [String(pattern.name)];
  const { elements, properties, argument, left, value } = pattern;
  const parts = pattern.type === 'Property' ? [value] : [elements, properties, argument, left];
  return parts.flatMap(nodesOf).flatMap(patternNames);
}

/** Whether evaluating it may do something: a function, class or constant by itself does not. */
function isActive(value: SyntaxNode): boolean {
  return !/^(?:ArrowFunction|Function|Class)Expression$|^Literal$|^(?:Function|Class)Declaration$/.test(value.type);
}
