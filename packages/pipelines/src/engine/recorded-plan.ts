import { type JsonValue, type Plan, type SettingsBySelector, type SettingsLayer, StackError } from '@stack/core';
import { secretMask } from '@stack/core/secrets';
import type { RunConfig } from '../run-config/run-config.ts';

/**
 * The run config that a recorded plan was made with, as far as the plan has it: with the parameters of the plan, the
 * pipeline makes the same plan of it again.
 */
export function recordedRunConfig({ settings, steps }: Plan): RunConfig {
  const bySteps = steps.flatMap((step) => {
    const ofStep = settingsOf(step.settings, 'run-config-step');
    return ofStep === undefined ? [] : [[step.name, { settings: ofStep }] as const];
  });
  return { settings: settingsOf(settings, 'run-config'), steps: Object.fromEntries(bySteps) };
}

/**
 * Makes sure that a plan holds what it takes to make it again: a secret that was given as a parameter or setting is
 * recorded nowhere.
 *
 * @throws RUN_NOT_RESUMABLE naming each field that is masked
 */
export function checkUnmasked(plan: Plan, run: string): void {
  const { settings = {}, steps = {} } = recordedRunConfig(plan);
  const masked = [
    ...maskedPaths(plan.parameters, 'parameters'),
    ...maskedPaths(settings as JsonValue, 'settings'),
    ...Object.entries(steps).flatMap(([step, config]) =>
      maskedPaths((config.settings ?? {}) as JsonValue, `steps.${step}.settings`),
    ),
  ];
  if (masked.length === 0) return;
  throw new StackError({
    code: 'RUN_NOT_RESUMABLE',
    message: `The run "${run}" was given secrets, which are not recorded: ${masked.join(', ')}.`,
    hint: `Run the pipeline again under the name ${run} and with the same values: then the run goes on. A reference such as {{name.key}} is recorded as it is.`,
  });
}

function settingsOf(
  layers: readonly SettingsLayer[] | undefined,
  origin: SettingsLayer['origin'],
): SettingsBySelector | undefined {
  return layers?.find((layer) => layer.origin === origin)?.settings;
}

function maskedPaths(value: JsonValue, path: string): readonly string[] {
  if (typeof value === 'string') return value.includes(secretMask) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => maskedPaths(part as JsonValue, `${path}.${key}`));
}
