import {
  type AnyComponent,
  type JsonObject,
  type JsonValue,
  maskValue,
  type PipelineRunInfo,
  type Stack,
  type StepRunInfo,
} from '@stack/core';
import { orAbandon } from './abandon.ts';
import { recordedError } from './recorded-error.ts';

/** What a component is told: each gets its own settings. */
export type InfoFor<Info> = (component: AnyComponent) => Info;

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
    for (const component of stack.components) {
      await this.#attempt(component, 'getStepRunMetadata', async () => {
        this.#add(component, await orAbandon(component.getStepRunMetadata(infoFor(component)), signal));
      });
    }
  }

  async askRun(stack: Stack, infoFor: InfoFor<PipelineRunInfo>, signal: AbortSignal): Promise<void> {
    for (const component of stack.components) {
      await this.#attempt(component, 'getPipelineRunMetadata', async () => {
        this.#add(component, await orAbandon(component.getPipelineRunMetadata(infoFor(component)), signal));
      });
    }
  }

  /** The last component first, as it may stand on the ones before it. It is waited for, whatever is cancelled. */
  async cleanUp(stack: Stack, infoFor: InfoFor<StepRunInfo>, outcome: { readonly failed: boolean }): Promise<void> {
    for (const component of stack.components.toReversed()) {
      await this.#attempt(component, 'cleanupStepRun', () => component.cleanupStepRun(infoFor(component), outcome));
    }
  }

  /** Calls a hook of the user's. */
  async callHook(owner: string, hook: string, signal: AbortSignal, call: () => unknown): Promise<void> {
    await this.#attempt(owner, hook, async () => void (await orAbandon(Promise.resolve(call()), signal)));
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
