import { isDeepStrictEqual } from 'node:util';
import { isPlainObject } from '@stack/core';
import type { ComponentRecord } from '@stack/store';

/** One field that is different. `before` is `undefined` for one that was added, `after` for one that is gone. */
export interface FieldChange {
  /** E.g. `name`, `labels.team`, `config.clientOptions.retries`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

type Changeable = Pick<
  ComponentRecord,
  'name' | 'flavor' | 'flavorPackage' | 'configVersion' | 'config' | 'settings' | 'labels'
>;

/** What is different between two states of a component, in the order of its fields; nothing when they are the same. */
export function fieldChanges(before: Changeable, after: Changeable): readonly FieldChange[] {
  const parts = ({ name, flavor, flavorPackage, configVersion, config, settings, labels }: Changeable) => ({
    name,
    flavor,
    flavorPackage,
    configVersion,
    config,
    settings,
    labels,
  });
  return compare(parts(before), parts(after), []);
}

/** The same for any two values. */
export function valueChanges(before: unknown, after: unknown): readonly FieldChange[] {
  return compare(before, after, []);
}

function compare(before: unknown, after: unknown, path: readonly string[]): FieldChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isPlainObject(before) || !isPlainObject(after)) return [{ path: path.join('.'), before, after }];
  const own = (value: Record<string, unknown>, key: string) => (Object.hasOwn(value, key) ? value[key] : undefined);
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => compare(own(before, key), own(after, key), [...path, key]));
}
