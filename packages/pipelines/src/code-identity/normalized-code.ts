import type { SourceRange } from './module-summary.ts';
import { isErased, isNode, literalText, nameOf, nodesOf, type SyntaxNode, withoutTypeWrappers } from './syntax-node.ts';

/** A piece of code without what has no meaning at run time: comments, formatting and types. */
export interface NormalizedCode {
  /** Equal for two pieces only if they do the same. */
  readonly text: string;
  /** Every name that it may take from around it, and local ones that are called the same. */
  readonly names: ReadonlySet<string>;
  /** The names among these that it takes at once: not only in functions of its own. */
  readonly namesAtOnce: ReadonlySet<string>;
  /** The names among these that it may assign, or change a property of. */
  readonly assigned: ReadonlySet<string>;
  /** What it imports when it runs, by `import()` or `require` of a literal, or as the file of a worker. */
  readonly imports: ReadonlySet<string>;
  /** Where its functions stand in the source. */
  readonly functions: readonly SourceRange[];
  /** Why what it does cannot be known from the code, with the place in the source. */
  readonly unknown: { readonly reason: string; readonly offset: number } | undefined;
}

/** Places, ways of writing and types. Flags that are not set, and empty lists, are left out anyway. */
const omittedKeys = new Set([
  ...['type', 'start', 'end', 'range', 'parent', 'raw', 'shorthand'],
  ...['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'superTypeArguments', 'implements'],
  ...['accessibility', 'readonly', 'override', 'abstract', 'definite', 'importKind', 'exportKind'],
]);

const functionTypes = new Set(['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration']);

const codeFile = /\.[cm]?[jt]sx?$/;

export function normalizeCode(root: SyntaxNode): NormalizedCode {
  const names = new Set<string>();
  const namesAtOnce = new Set<string>();
  const assigned = new Set<string>();
  const imports = new Set<string>();
  const functions: SourceRange[] = [];
  let unknown: NormalizedCode['unknown'];
  const parts: string[] = [];
  let depth = 0;

  const cannotKnow = (node: SyntaxNode, reason: string) => {
    unknown ??= { reason, offset: node.start };
  };
  const importOf = (node: SyntaxNode, source: unknown, reason: string) => {
    const specifier = literalText(source);
    if (specifier === undefined) cannotKnow(node, reason);
    else imports.add(specifier);
  };

  const inspect = (node: SyntaxNode) => {
    switch (node.type) {
      case 'Identifier':
      case 'JSXIdentifier':
        names.add(String(node.name));
        if (depth === 0) namesAtOnce.add(String(node.name));
        break;
      case 'AssignmentExpression':
      case 'ForInStatement':
      case 'ForOfStatement':
        collectAssigned(node.left, assigned);
        break;
      case 'UpdateExpression':
        collectAssigned(node.argument, assigned);
        break;
      case 'UnaryExpression':
        if (node.operator === 'delete') collectAssigned(node.argument, assigned);
        break;
      case 'ImportExpression':
        importOf(node, node.source, 'imports a module whose name is computed');
        break;
      case 'TSExternalModuleReference':
        importOf(node, node.expression, 'requires a module whose name is computed');
        break;
      case 'CallExpression': {
        const callee = nameOf(node.callee);
        if (callee === 'require')
          importOf(node, nodesOf(node.arguments)[0], 'requires a module whose name is computed');
        if (callee === 'eval') cannotKnow(node, 'calls eval');
        if (callee === 'Function') cannotKnow(node, 'makes a function of a text');
        break;
      }
      case 'VariableDeclarator':
        // By another name than `require` it would not be known again where it is called.
        if (isCallOf(node.init, 'createRequire') && nameOf(node.id) !== 'require') {
          cannotKnow(node, 'calls the function that createRequire makes something else than "require"');
        }
        break;
      case 'NewExpression': {
        if (nameOf(node.callee) === 'Function') cannotKnow(node, 'makes a function of a text');
        const file = fileBesideModule(node);
        if (file !== undefined && codeFile.test(file)) imports.add(/^[./]/.test(file) ? file : `./${file}`);
      }
    }
  };

  const write = (value: unknown) => {
    if (Array.isArray(value)) {
      parts.push('[');
      for (const item of value) {
        if (isNode(item) && isErased(item)) continue;
        write(item);
        parts.push(',');
      }
      parts.push(']');
    } else if (isNode(value)) {
      writeNode(withoutTypeWrappers(value));
    } else if (typeof value === 'object' && value !== null) {
      writeFields(Object.entries(value));
    } else {
      parts.push(typeof value === 'string' ? JSON.stringify(value) : String(value));
    }
  };

  const writeNode = (node: SyntaxNode) => {
    inspect(node);
    parts.push(node.type);
    if (node.type === 'Literal') {
      const { regex, bigint, value } = node;
      const kind = regex !== undefined ? 'regex' : bigint !== undefined ? 'bigint' : typeof value;
      parts.push(`{${kind}:`);
      write(regex ?? bigint ?? value);
      parts.push('}');
      return;
    }
    const isFunction = functionTypes.has(node.type);
    if (isFunction) {
      functions.push({ start: node.start, end: node.end });
      depth++;
    }
    writeFields(Object.entries(node), node);
    if (isFunction) depth--;
  };

  const writeFields = (fields: readonly (readonly [string, unknown])[], owner?: SyntaxNode) => {
    parts.push('{');
    for (const [key, value] of fields) {
      if (owner !== undefined && omittedKeys.has(key)) continue;
      if (value === null || value === undefined || value === false) continue;
      if (Array.isArray(value) && value.length === 0) continue;
      if (isNode(value) && isErased(value)) continue;
      // `optional` is `?.` in these two, and a question mark of a type everywhere else.
      if (key === 'optional' && owner?.type !== 'CallExpression' && owner?.type !== 'MemberExpression') continue;
      parts.push(key, ':');
      if (owner !== undefined && isNode(value) && isPropertyName(owner, key)) {
        parts.push(JSON.stringify(nameOf(value) ?? value.value));
      } else write(value);
      parts.push(';');
    }
    parts.push('}');
  };

  write(root);
  return { text: parts.join(''), names, namesAtOnce, assigned, imports, functions, unknown };
}

/** Whether an identifier under this key is a name within an object or label, and no variable. */
function isPropertyName(owner: SyntaxNode, key: string): boolean {
  const value = owner[key];
  if (!isNode(value) || (value.type !== 'Identifier' && value.type !== 'Literal')) return false;
  switch (owner.type) {
    case 'MemberExpression':
      return key === 'property' && owner.computed !== true;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      return key === 'key' && owner.computed !== true;
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return key === 'label';
    default:
      return false;
  }
}

/** The variables at the left of an assignment, each the root of what is assigned. */
function collectAssigned(target: unknown, into: Set<string>): void {
  if (!isNode(target)) return;
  const node = withoutTypeWrappers(target);
  if (node.type === 'Identifier') into.add(String(node.name));
  else if (node.type === 'MemberExpression') collectAssigned(node.object, into);
  else {
    const parts = [node.elements, node.properties, node.argument, node.left, node.value].flatMap(nodesOf);
    for (const part of parts) collectAssigned(part, into);
  }
}

function isCallOf(value: unknown, name: string): boolean {
  if (!isNode(value) || value.type !== 'CallExpression' || !isNode(value.callee)) return false;
  const { callee } = value;
  return nameOf(callee.type === 'MemberExpression' ? callee.property : callee) === name;
}

/** `./worker.ts` of `new URL('./worker.ts', import.meta.url)`. */
function fileBesideModule({ callee, arguments: given }: SyntaxNode): string | undefined {
  const [file, base] = nodesOf(given);
  const isBeside = base?.type === 'MemberExpression' && isNode(base.object) && base.object.type === 'MetaProperty';
  return nameOf(callee) === 'URL' && isBeside && nameOf(base.property) === 'url' ? literalText(file) : undefined;
}
