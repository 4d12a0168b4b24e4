import * as z from 'zod';
import type { AnyComponent } from '../component/stack-component.ts';
import { configError } from '../config/parse-config.ts';
import { type Problem, StackError } from '../errors/index.ts';
import type { Plan } from '../orchestrator/plan.ts';
import type { Stack } from '../stack/stack.ts';
import type { SettingsTarget } from './check-settings.ts';
import { type IgnoredSettings, mergePlanSettings } from './merge-plan-settings.ts';
import type { MergedSettings } from './merge-settings.ts';
import type { SettingsLayer } from './settings-layer.ts';

/** The settings that the components of a stack have in one run, parsed, their secrets resolved. */
export interface RunSettings {
  /**
   * The plan to record and run: without the settings for what the stack does not have. Nothing has checked those, so
   * they may hold a secret in clear.
   */
  readonly plan: Plan;
  /** Those for the run as a whole. */
  ofRun(component: AnyComponent): object;
  /** Those for one of its steps. */
  ofStep(step: string, component: AnyComponent): object;
}

type LiveTarget = SettingsTarget & { readonly component: AnyComponent };

/**
 * The settings of a run, ready before it starts.
 *
 * @param found problems that were found before, to be told together with those of the settings
 * @throws CONFIG_INVALID, OPTION_UNKNOWN or SECRET_NOT_FOUND with every problem at once
 */
export async function resolveRunSettings(
  stack: Stack,
  plan: Plan,
  found: readonly Problem[] = [],
): Promise<RunSettings> {
  const subject = `the pipeline "${plan.pipeline}" on the stack "${stack.name}"`;
  const targets = stack.components.map(targetOf);
  const { run, steps, ignored, problems } = mergePlanSettings(targets, plan);
  if (found.length + problems.length > 0) throw configError(subject, [...found, ...problems], 'settings');

  const parsed = new Map<MergedSettings, object>();
  const parses = new Map<string, Promise<object>>();
  const failures = new Map<string, StackError>();
  for (const settings of new Set([run, ...steps.values()])) {
    for (const [{ component }, merged] of settings) {
      // Steps that say the same share one parse, and with it one call for their secrets.
      const key = JSON.stringify([component.type, component.name, merged.input]);
      const parse = parses.get(key) ?? parseMerged(component, merged);
      parses.set(key, parse);
      try {
        parsed.set(merged, await parse);
      } catch (error) {
        if (!StackError.is(error)) throw error;
        failures.set(error.message, error);
      }
    }
  }
  if (failures.size > 0) throw joinFailures(subject, [...failures.values()]);

  const targetByComponent = new Map(targets.map((target) => [target.component, target]));
  const find = (settings: ReadonlyMap<LiveTarget, MergedSettings> | undefined, component: AnyComponent): object => {
    const target = targetByComponent.get(component);
    const merged = target === undefined ? undefined : settings?.get(target);
    const value = merged === undefined ? undefined : parsed.get(merged);
    if (value !== undefined) return value;
    throw new StackError({ code: 'INTERNAL', message: `The run has no settings for the ${component}.` });
  };
  return {
    plan: withoutIgnored(plan, ignored),
    ofRun: (component) => find(run, component),
    ofStep: (step, component) => find(steps.get(step), component),
  };
}

function withoutIgnored(plan: Plan, ignored: readonly IgnoredSettings[]): Plan {
  if (ignored.length === 0) return plan;
  const left = new Set(ignored.map(({ step, origin, selector }) => JSON.stringify([step, origin, selector])));
  const keep = <Part extends { readonly settings?: readonly SettingsLayer[] }>(part: Part, step?: string): Part => {
    const { settings = [], ...rest } = part;
    const layers = settings.flatMap(({ origin, settings: bySelector }): SettingsLayer[] => {
      const kept = Object.entries(bySelector).filter(
        ([selector]) => !left.has(JSON.stringify([step, origin, selector])),
      );
      return kept.length === 0 ? [] : [{ origin, settings: Object.fromEntries(kept) }];
    });
    return (layers.length === 0 ? rest : { ...rest, settings: layers }) as Part;
  };
  return { ...keep(plan), steps: plan.steps.map((step) => keep(step, step.name)) };
}

function targetOf(component: AnyComponent): LiveTarget {
  const { type, flavor, name, settingsSource } = component;
  return {
    component,
    type,
    flavor,
    name,
    settings: settingsSource?.input ?? {},
    // A component that was not made by `createComponent` takes no settings from a run.
    settingsSchema: settingsSource?.schema ?? z.object({}),
  };
}

async function parseMerged(component: AnyComponent, { input, assignments }: MergedSettings): Promise<object> {
  const isOwn = assignments.every(({ origin }) => origin === 'component');
  if (isOwn || component.settingsSource === undefined) return component.settings;
  return component.settingsSource.parse(input);
}

function joinFailures(subject: string, failures: readonly StackError[]): StackError {
  const [first, ...others] = failures;
  if (first !== undefined && others.length === 0) return first;
  const problems = failures.flatMap((failure) =>
    failure.problems.map((problem) => ({ code: failure.code, ...problem })),
  );
  return configError(subject, problems, 'settings');
}
