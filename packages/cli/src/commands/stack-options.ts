import { listComponentTypes } from '@stack/core/manifest';
import type { FurtherOptions } from '../command-line/command.ts';

/** An option for each component type. */
export async function furtherOptions(): Promise<FurtherOptions> {
  return {
    title: 'Components, by name',
    options: listComponentTypes().map(({ name, label, required, multiple }) => ({
      option: `--${name}`,
      type: 'name',
      description: `Its ${label}.${multiple ? ' May be repeated; the first is the default.' : ''}`,
      isRequired: required,
      isSecret: false,
      completion: { componentType: name },
    })),
    isFlag: () => false,
  };
}
