/** A node of the syntax tree, as the parser gives it (ESTree, with the types of TypeScript). */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** The nodes in a list, or under a key that may be empty. */
export function nodesOf(value: unknown): readonly SyntaxNode[] {
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

/** The text of a string, or of a template without values in it. */
export function literalText(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral' || nodesOf(node.expressions).length > 0) return undefined;
  const cooked = (nodesOf(node.quasis)[0]?.value as { readonly cooked?: string } | undefined)?.cooked;
  return cooked ?? undefined;
}

/** The name of an identifier, or of an export, which may be written as a string. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  return typeof node.name === 'string' ? node.name : literalText(node);
}

/** Wrappers that only the type checker reads. */
const typeWrappers = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
]);

/** What has a meaning at run time though it is no JavaScript. */
const evaluatedTypeScript = new Set([
  'TSEnumDeclaration',
  'TSEnumBody',
  'TSEnumMember',
  'TSModuleDeclaration',
  'TSModuleBlock',
  'TSParameterProperty',
  'TSImportEqualsDeclaration',
  'TSExternalModuleReference',
  'TSExportAssignment',
]);

/** The expression within wrappers such as `as Type`. */
export function withoutTypeWrappers(node: SyntaxNode): SyntaxNode {
  return typeWrappers.has(node.type) && isNode(node.expression) ? withoutTypeWrappers(node.expression) : node;
}

/** Whether nothing is left of a node at run time. */
export function isErased(node: SyntaxNode): boolean {
  if (node.type.startsWith('TS')) return !typeWrappers.has(node.type) && !evaluatedTypeScript.has(node.type);
  return (
    node.declare === true ||
    node.importKind === 'type' ||
    node.exportKind === 'type' ||
    node.type === 'EmptyStatement' ||
    (node.type === 'Identifier' && node.name === 'this') ||
    (isNode(node.value) && node.value.type === 'TSEmptyBodyFunctionExpression')
  );
}
