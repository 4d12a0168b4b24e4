import {
  type AnyComponent,
  type JsonObject,
  type JsonValue,
  maskValue,
  type PipelineRunInfo,
  type Stack,
  StackComponent,
  type StepRunInfo,
} from '@stack/core';
import type { StepHooks } from '../step/step.ts';
import { orAbandon } from './abandon.ts';
import { recordedError } from './recorded-error.ts';

/** What a component is told: each gets its own settings. */
export type InfoFor<Info> = (component: AnyComponent) => Info;

type ComponentHook = 'prepareStepRun' | 'getStepRunMetadata' | 'getPipelineRunMetadata' | 'cleanupStepRun';

/** The components of a stack that have this hook. Most inherit one that does nothing: that of another copy of core is called. */
export function componentsWith(hook: ComponentHook, { components }: Stack): readonly AnyComponent[] {
  return components.filter((component) => component[hook] !== StackComponent.prototype[hook]);
}

/**
 * What the components of a stack say about a step or run, and which of their hooks failed. `components` has what each
 * returned, masked, by `type/name`.
 */
export class HookMetadata {
  readonly #components: Record<string, JsonObject> = {};
  readonly #hookErrors: JsonValue[] = [];

  /** What is kept with the step run or run; empty when there is nothing to tell. */
  get metadata(): JsonObject {
    return {
      ...(Object.keys(this.#components).length === 0 ? {} : { components: this.#components }),
      ...(this.#hookErrors.length === 0 ? {} : { hookErrors: this.#hookErrors }),
    };
  }

  async askStep(stack: Stack, infoFor: InfoFor<StepRunInfo>, signal: AbortSignal): Promise<void> {
    for (const component of componentsWith('getStepRunMetadata', stack)) {
      await this.#attempt(component, 'getStepRunMetadata', async () => {
        this.#add(component, await orAbandon(component.getStepRunMetadata(infoFor(component)), signal));
      });
    }
  }

  async askRun(stack: Stack, infoFor: InfoFor<PipelineRunInfo>, signal: AbortSignal): Promise<void> {
    for (const component of componentsWith('getPipelineRunMetadata', stack)) {
      await this.#attempt(component, 'getPipelineRunMetadata', async () => {
        this.#add(component, await orAbandon(component.getPipelineRunMetadata(infoFor(component)), signal));
      });
    }
  }

  /** The last component first, as it may stand on the ones before it. It is waited for, whatever is cancelled. */
  async cleanUp(stack: Stack, infoFor: InfoFor<StepRunInfo>, outcome: { readonly failed: boolean }): Promise<void> {
    for (const component of componentsWith('cleanupStepRun', stack).toReversed()) {
      await this.#attempt(component, 'cleanupStepRun', () => component.cleanupStepRun(infoFor(component), outcome));
    }
  }

  /** Calls a hook of the user's, where there is one. */
  async callHook<Input extends readonly unknown[]>(
    hook: keyof StepHooks,
    signal: AbortSignal,
    call: ((...input: Input) => unknown) | undefined,
    ...input: Input
  ): Promise<void> {
    if (call === undefined) return;
    await this.#attempt('step', hook, async () => void (await orAbandon(call(...input), signal)));
  }

  #add(component: AnyComponent, metadata: JsonObject): void {
    if (Object.keys(metadata).length > 0) {
      this.#components[`${component.type}/${component.name}`] = maskValue(metadata);
    }
  }

  async #attempt(owner: AnyComponent | string, hook: string, call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      const { code, message } = recordedError(error);
      const component = typeof owner === 'string' ? owner : `${owner.type}/${owner.name}`;
      this.#hookErrors.push({ component, hook, code, message });
    }
  }
}
