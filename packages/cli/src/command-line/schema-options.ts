import { type JsonSchema, optionName, schemaProperties, schemaTypes, secretFieldPaths } from '@stack/core/manifest';
import type { FurtherOption } from './command.ts';

/** The options that set the fields of a schema. */
export function schemaOptions(schema: JsonSchema): FurtherOption[] {
  const secrets = new Set(secretFieldPaths(schema));
  return [...schemaProperties(schema)].map(([name, field]) => ({
    option: optionName(name),
    type: showType(field),
    description: field.description ?? '',
    isRequired: schema.required?.includes(name) === true,
    isSecret: secrets.has(name),
    ...(field.default === undefined ? {} : { default: field.default }),
    completion: { words: (field.enum ?? []).filter((value) => typeof value === 'string') },
  }));
}

/** Whether the option of a field takes no separate value: `--verbose` alone sets it. */
export function isFlagOption(schema: JsonSchema, name: string): boolean {
  const field = [...schemaProperties(schema)].find(
    ([property]) => optionName(property) === `--${name}` || property === name,
  );
  return field !== undefined && schemaTypes(field[1]).has('boolean');
}

function showType(field: JsonSchema): string {
  if (field.enum !== undefined) return field.enum.map((value) => JSON.stringify(value)).join(' | ');
  const types = [...schemaTypes(field)];
  return types.length === 0
    ? 'JSON'
    : types.map((type) => (type === 'array' || type === 'object' ? `${type} (JSON)` : type)).join(' | ');
}
