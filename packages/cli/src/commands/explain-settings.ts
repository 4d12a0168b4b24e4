import {
  configError,
  didYouMean,
  type ExplainedSetting,
  explainSettings,
  type IgnoredSettings,
  type MergedSettings,
  mergePlanSettings,
  type Plan,
  type SettingsTarget,
  StackError,
} from '@stack/core';
import type { Project } from '@stack/project';
import type { ComponentRecord } from '@stack/store';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { loadPipeline } from '../load-pipeline.ts';
import { openProjectHere } from '../open-project-here.ts';
import { showValue } from '../output/records.ts';
import type { Screen } from '../output/screen.ts';
import { renderTable } from '../output/table.ts';
import { readRunInput } from '../read-run-input.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { pipeline } = await loadPipeline(invocation, invocation.positional('FILE#EXPORT'));
  const { parameters, planOptions, stack: reference } = await readRunInput(pipeline, invocation);
  const plan = pipeline.plan(parameters, planOptions);
  const step = invocation.positional('STEP');
  if (step !== '') checkStep(plan, step);

  await using project = await openProjectHere(invocation);
  const stack = reference === undefined ? await project.stacks.active() : await project.stacks.get(reference);
  const targets = await Promise.all(stack.components.map((component) => targetOf(project, component)));
  const settings = mergePlanSettings(targets, plan);
  const explain = (merged: ReadonlyMap<SettingsTarget, MergedSettings> = new Map()) =>
    [...merged].flatMap(([target, one]) => explainSettings(target, one));
  const ofRun = explain(settings.run);
  const ofSteps = plan.steps
    .filter(({ name }) => step === '' || name === step)
    .map(({ name }) => {
      const ofStep = settings.steps.get(name);
      return { step: name, hasOwn: ofStep !== settings.run, settings: explain(ofStep) };
    });
  const ignored = settings.ignored.filter((one) => step === '' || one.step === undefined || one.step === step);

  const { screen } = invocation;
  const subject = `the pipeline "${pipeline.name}" on the stack "${stack.name}"`;
  const parts = step === '' ? ofSteps.filter(({ hasOwn }) => hasOwn) : ofSteps;
  const sections = [
    ...(step === '' ? [section(`Settings of ${subject}:`, ofRun, screen)] : []),
    ...parts.map((one) => section(`Settings of the step "${one.step}" of ${subject}:`, one.settings, screen)),
    ...(ignored.length === 0 ? [] : [ignoredSection(ignored, screen)]),
  ];
  return {
    data: {
      pipeline: pipeline.name,
      stack: stack.name,
      settings: ofRun,
      steps: ofSteps.map(({ hasOwn: _, ...shown }) => shown),
      ignored,
    },
    text: sections.join('\n\n'),
    ...(settings.problems.length === 0 ? {} : { error: configError(subject, settings.problems, 'settings') }),
  };
}

/** The flavor is imported, and not its implementation: to explain settings, no SDK is needed. */
async function targetOf(project: Project, component: ComponentRecord): Promise<SettingsTarget> {
  const { flavor } = await project.flavors.loadOf(component);
  const { type, name, settings } = component;
  return { type, flavor: flavor.name, name, settings, settingsSchema: flavor.settingsSchema };
}

function checkStep({ pipeline, steps }: Plan, step: string): void {
  const names = steps.map(({ name }) => name);
  if (names.includes(step)) return;
  throw new StackError({
    code: 'STEP_NOT_FOUND',
    message: `The pipeline "${pipeline}" has no step "${step}".`,
    hint: didYouMean(step, names) ?? `It has ${names.join(', ')}.`,
  });
}

function section(title: string, settings: readonly ExplainedSetting[], screen: Screen): string {
  const heading = screen.paint('heading', title);
  if (settings.length === 0) return `${heading}\nNone is set, and none has a default.`;
  const rows = settings.map(({ component, setting, value, origin, isInForce }) => [
    component,
    setting,
    value === null ? '' : showValue(value),
    origin,
    isInForce ? (value === null && origin !== 'component' ? 'takes back' : 'holds') : 'overridden',
  ]);
  return `${heading}\n${renderTable(['COMPONENT', 'SETTING', 'VALUE', 'FROM', 'EFFECT'], rows, screen)}`;
}

function ignoredSection(ignored: readonly IgnoredSettings[], screen: Screen): string {
  const rows = ignored.map(({ selector, origin, step, reason }) => [selector, origin, step ?? '', reason]);
  return `${screen.paint('heading', 'Without effect on this stack:')}\n${renderTable(['SELECTOR', 'FROM', 'STEP', 'REASON'], rows, screen)}`;
}
