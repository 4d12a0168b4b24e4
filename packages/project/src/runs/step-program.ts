import { fileURLToPath } from 'node:url';
import type { JsonValue, StepProgram } from '@stack/core';

/** What the program of a step opens its project by. */
export interface StepProject {
  readonly root: string;
  readonly integrationsFrom: readonly string[];
}

/** Options of Node that say what this process does, not how code is loaded. */
const ownOptions = /^--(?:eval|print|input-type|test|watch|inspect|cpu-prof|heap-prof|run)\b/;

/** The program that runs steps of a project's runs. */
export function stepProgram(project: StepProject): StepProgram {
  const program = fileURLToPath(
    // From the entry of this package on, since the build puts this module into another file.
    import.meta.resolve('@stack/project').replace(/index(\.[jt]s)$/, 'runs/step-process$1'),
  );
  return {
    command: [process.execPath, ...inheritedOptions(process.execArgv), program],
    project: { ...project } as unknown as JsonValue,
  };
}

function inheritedOptions(options: readonly string[]): readonly string[] {
  // Code that was given as an option stands behind it.
  const short = options.findIndex((option) => /^-[ep]+$/.test(option));
  const kept = short < 0 ? options : [...options.slice(0, short), ...options.slice(short + 2)];
  return kept.filter((option) => !ownOptions.test(option));
}
