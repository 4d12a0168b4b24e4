import type { Problem } from '../errors/index.ts';
import type { Plan } from '../orchestrator/plan.ts';
import { checkSettings, type SettingsTarget, settingsPlace, whereGiven } from './check-settings.ts';
import { type AppliedSettings, type MergedSettings, mergeSettings } from './merge-settings.ts';
import type { SettingsLayer } from './settings-layer.ts';
import { selectComponent } from './settings-selector.ts';

/** Settings in code for a type or flavor that exists, and that the stack does not have. */
export interface IgnoredSettings {
  readonly selector: string;
  readonly origin: SettingsLayer['origin'];
  /** The step that they are of; `undefined` for those of the pipeline. */
  readonly step: string | undefined;
  readonly reason: string;
}

/** The settings that each component of a stack has in a run of a plan. */
export interface PlanSettings<Component> {
  /** For the run as a whole, and for the steps that say nothing of their own. */
  readonly run: ReadonlyMap<Component, MergedSettings>;
  /** For each step; the same map as `run` where the step says nothing of its own. */
  readonly steps: ReadonlyMap<string, ReadonlyMap<Component, MergedSettings>>;
  readonly ignored: readonly IgnoredSettings[];
  /** Everything that keeps the plan from running with these settings, each once. */
  readonly problems: readonly Problem[];
}

/**
 * Merges the settings of a plan, for the components of one stack. Pure: references to secrets are not resolved.
 *
 * @param components those of one stack, the default of a type before the others
 */
export function mergePlanSettings<Component extends SettingsTarget>(
  components: readonly Component[],
  plan: Pick<Plan, 'settings' | 'steps'>,
): PlanSettings<Component> {
  const ignored: IgnoredSettings[] = [];
  const problems = new Map<string, Problem>();
  const report = (found: readonly Problem[]) => {
    for (const problem of found) problems.set(`${problem.path}\n${problem.message}`, problem);
  };

  const apply = (layers: readonly SettingsLayer[] = [], step?: string): Map<Component, AppliedSettings[]> => {
    const applied = new Map<Component, AppliedSettings[]>();
    for (const { origin, settings } of layers) {
      for (const [selector, values] of Object.entries(settings)) {
        const path = settingsPlace(origin, selector, step).join('.');
        const selection = selectComponent(components, selector, {
          isPortable: origin === 'pipeline' || origin === 'step',
        });
        if ('problem' in selection) {
          const { message } = selection.problem;
          report([{ ...selection.problem, path, message: `${message}${whereGiven[origin]}` }]);
          continue;
        }
        if ('ignored' in selection) {
          ignored.push({ selector, origin, step, reason: selection.ignored });
          continue;
        }
        const earlier = applied.get(selection.component) ?? [];
        const rival = earlier.find((one) => one.origin === origin);
        if (rival === undefined) applied.set(selection.component, [...earlier, { origin, selector, values }]);
        else report([{ path, message: `means the same component as "${rival.selector}"${whereGiven[origin]}` }]);
      }
    }
    return applied;
  };

  const ofPipeline = apply(plan.settings);
  const merge =
    (ofStep: ReadonlyMap<Component, readonly AppliedSettings[]>, step?: string) => (component: Component) => {
      const applied = [...(ofPipeline.get(component) ?? []), ...(ofStep.get(component) ?? [])];
      const merged = mergeSettings(component.settings, applied);
      report(checkSettings(component, merged, step));
      return [component, merged] as const;
    };
  const run = new Map(components.map(merge(new Map())));
  const steps = plan.steps.map(({ name, settings = [] }) => {
    const ofStep = apply(settings, name);
    const own = new Map([...ofStep.keys()].map(merge(ofStep, name)));
    return [name, own.size === 0 ? run : new Map([...run, ...own])] as const;
  });
  return { run, steps: new Map(steps), ignored, problems: [...problems.values()] };
}
