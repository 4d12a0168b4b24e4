import { componentTypeProperty } from '../component/component-type.ts';

const reservedOptions: ReadonlySet<string> = new Set([
  'allowPlainSecret',
  'config',
  'dryRun',
  'flavor',
  'force',
  'help',
  'json',
  'label',
  'labels',
  'load',
  'name',
  'project',
  'removeAttribute',
  'removeLabel',
  'set',
  'stack',
  'type',
  'version',
  'yes',
]);

/** Whether the `stack` command uses the option of this field itself, so that no flavor may. */
export function isReservedOption(field: string): boolean {
  return reservedOptions.has(componentTypeProperty(field));
}
