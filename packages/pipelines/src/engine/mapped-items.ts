import type { PlanInput } from '@stack/core';
import { type ArtifactList, openArtifactList } from '../artifacts/artifact-content.ts';
import { identifyInputs } from '../cache/input-identity.ts';
import { findOutput, loadInput, type RunArtifacts } from './load-inputs.ts';

/** Name of the step run of an item. Steps have no brackets in their names. */
export function itemName(step: string, index: number): string {
  return `${step}[${index}]`;
}

/** The step and the place in its list that the name of an item stands for; `undefined` for the name of a step. */
export function parseItemName(name: string): { readonly step: string; readonly index: number } | undefined {
  const [, step, index] = /^(.+)\[(\d+)\]$/.exec(name) ?? [];
  return step === undefined ? undefined : { step, index: Number(index) };
}

/** Opens the list that a step is mapped over, with its items as the step gets them. */
export async function openMappedList(map: PlanInput, run: RunArtifacts, signal: AbortSignal): Promise<ArtifactList> {
  if (map.kind === 'output') {
    const record = findOutput(await run.stepArtifacts.of(map.step), map.step, map.output);
    return openArtifactList(run.stack.artifactStore, record, run.materializers, { signal, recent: run.recent });
  }
  const items = itemsOf(map);
  return {
    length: items.length,
    load: async (index, options) => loadInput(items[index] ?? nothing, run, options),
    identify: async (index) => {
      const { item = nothing } = await identifyInputs({ item: items[index] ?? nothing }, run.stepArtifacts);
      return item;
    },
  };
}

const nothing: PlanInput & { readonly kind: 'value' } = { kind: 'value', value: null };

function itemsOf(map: PlanInput): readonly PlanInput[] {
  if (map.kind === 'list') return map.items;
  if (map.kind !== 'value' || !Array.isArray(map.value)) return [];
  return map.value.map((value) => ({ kind: 'value', value }));
}
