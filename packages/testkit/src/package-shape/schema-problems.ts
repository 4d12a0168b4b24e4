import type { Problem } from '@stack/core';
import * as z from 'zod';

type Definition = z.core.$ZodTypes['_zod']['def'];
type Path = readonly string[];
type Located = readonly [type: z.core.$ZodType, path: Path];

/**
 * What keeps a schema from being one of a config: a transform, preprocess or pipe other than `secretField`, a
 * coercion, a catch, a default that is not the same each time. Fields are named by their dotted path.
 */
export function schemaProblems(schema: z.ZodObject): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<z.core.$ZodType>();
  const queue: Located[] = [[schema, []]];
  for (const [type, path] of queue) {
    // A lazy schema may contain itself.
    if (seen.has(type)) continue;
    seen.add(type);
    const definition = definitionOf(type);
    const fault = faultOf(definition);
    if (fault === undefined) queue.push(...partsOf(definition, path));
    else problems.push({ path: path.join('.'), ...fault });
  }
  return problems;
}

function faultOf(definition: Definition): { readonly message: string; readonly hint: string } | undefined {
  if ('coerce' in definition && definition.coerce === true) {
    const hint = 'Leave z.coerce out: options of the command line are coerced by their type.';
    return { message: 'is coerced', hint };
  }
  const inImplementation = 'Take the value as it is stored, and change it in the implementation';
  if (definition.type === 'pipe' && !isSecretField(definition)) {
    return {
      message: 'is transformed, piped or preprocessed',
      hint: `${inImplementation}; for credentials use secretField().`,
    };
  }
  if (definition.type === 'transform') return { message: 'is transformed', hint: `${inImplementation}.` };
  if (definition.type === 'catch') {
    return { message: 'hides invalid values by a catch', hint: 'Let the value be refused.' };
  }
  if (definition.type === 'default' || definition.type === 'prefault') {
    // A default that is a function is called at each access.
    const [first, second] = [JSON.stringify(definition.defaultValue), JSON.stringify(definition.defaultValue)];
    if (first === second) return undefined;
    const hint = 'Make the field optional, and fill it in at run time.';
    return { message: 'has a default that is another each time', hint };
  }
  return undefined;
}

function partsOf(definition: Definition, path: Path): Located[] {
  const items = [...path, '*'];
  if ('innerType' in definition) return [[definition.innerType, path]];
  if (definition.type === 'object') {
    const fields = Object.entries(definition.shape).map(([name, field]): Located => [field, [...path, name]]);
    return definition.catchall === undefined ? fields : [...fields, [definition.catchall, items]];
  }
  if (definition.type === 'array') return [[definition.element, items]];
  if (definition.type === 'tuple') {
    const places = definition.items.map((item, index): Located => [item, [...path, String(index)]]);
    return definition.rest === null ? places : [...places, [definition.rest, items]];
  }
  if (definition.type === 'record') {
    return [
      [definition.keyType, path],
      [definition.valueType, items],
    ];
  }
  if (definition.type === 'union') return definition.options.map((option) => [option, path]);
  if (definition.type === 'intersection') {
    return [
      [definition.left, path],
      [definition.right, path],
    ];
  }
  return definition.type === 'lazy' ? [[definition.getter(), path]] : [];
}

/** Whether a pipe is what `secretField()` makes: a text marked as secret, and a transform. */
function isSecretField({ in: from, out }: z.core.$ZodPipeDef): boolean {
  return z.globalRegistry.get(from)?.secret === true && definitionOf(out).type === 'transform';
}

function definitionOf(type: z.core.$ZodType): Definition {
  return type._zod.def as Definition;
}
