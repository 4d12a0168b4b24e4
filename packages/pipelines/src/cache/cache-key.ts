import { createHmac, hash } from 'node:crypto';
import type { CacheKey, JsonObject, JsonValue } from '@stack/core';
import type { InputIdentity } from './input-identity.ts';

/** All that the result of a step depends on. */
export interface CacheSubject {
  /** Name of the step, as it was defined. */
  readonly step: string;
  readonly outputs: readonly string[];
  /** Digest of its code. */
  readonly code: string;
  /** Values of the environment variables that it says it reads. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * The materializers that its outputs may be stored by, with versions, in the order they are asked, and those that it names. A
   * list that is never changed.
   */
  readonly materializers: readonly string[];
  readonly store: { readonly flavor: string; readonly root: string };
  /** What the user's function says that counts, or the values that do. */
  readonly values:
    | { readonly custom: JsonValue }
    | {
        readonly inputs: Readonly<Record<string, InputIdentity>>;
        readonly parameters: JsonObject;
      };
}

/** As much of a digest as tells two ingredients apart that are shown: the key is made of the whole. */
const shownDigest = 16;

/** Digests with a secret. */
export type KeyedDigest = (text: string) => string;

/** So many digests are remembered: most of what keys are made of is the same for many steps. */
const rememberedDigests = 1_000;
const longestRemembered = 1_000;

/** @param digestKey the secret */
export function createKeyedDigest(digestKey: string): KeyedDigest {
  const remembered = new Map<string, string>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const digest = createHmac('sha256', digestKey).update(text).digest('hex');
    if (text.length > longestRemembered) return digest;
    if (remembered.size === rememberedDigests) remembered.clear();
    remembered.set(text, digest);
    return digest;
  };
}

/** The keys that the result of a step may be kept under. */
export interface CacheKeys {
  /** Of all that it may depend on. */
  readonly whole: CacheKey;
  /** For a step that does not read the parameters of the pipeline. */
  readonly withoutParameters: CacheKey;
}

/**
 * The keys of a result, and what they are made of. Values are digested with a secret: who reads a key cannot try out which
 * value it was made of.
 */
export function cacheKeys(subject: CacheSubject, digest: KeyedDigest): CacheKeys {
  const digested = (ingredients: readonly Ingredient[]) =>
    ingredients.map(([label, text]) => [label, digest(text)] as const);
  const needed = [...digested(ingredientsOf(subject)), ['code', subject.code] as const];
  const parameters = 'custom' in subject.values ? [] : digested(parametersOf(subject.values.parameters));
  const withoutParameters = keyOf(needed);
  return { whole: parameters.length === 0 ? withoutParameters : keyOf([...needed, ...parameters]), withoutParameters };
}

type Ingredient = readonly [label: string, text: string];

function keyOf(digests: readonly (readonly [label: string, digest: string])[]): CacheKey {
  const sorted = digests.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return {
    key: hash('sha256', JSON.stringify(sorted)),
    ingredients: Object.fromEntries(sorted.map(([label, digest]) => [label, digest.slice(0, shownDigest)])),
  };
}

function ingredientsOf({ step, outputs, environment, materializers, store, values }: CacheSubject): Ingredient[] {
  return [
    ['step', formatJson(step)],
    ['outputs', formatJson(outputs)],
    ['materializers', formatShared(materializers)],
    ['artifact store', formatJson([store.flavor, store.root])],
    ...named('environment', environment),
    ...('custom' in values ? [['custom key', formatJson(values.custom)] as const] : named('input', values.inputs)),
  ];
}

function parametersOf(parameters: JsonObject): Ingredient[] {
  return [['parameters', formatJson(Object.keys(parameters))], ...named('parameter', parameters)];
}

function named(kind: string, record: Readonly<Record<string, unknown>>): Ingredient[] {
  return Object.entries(record).map(([name, value]) => [`${kind}:${name}`, formatJson(value)]);
}

const sharedTexts = new WeakMap<readonly string[], string>();

/** The text of a long list that is that of many steps, and never changed. */
function formatShared(list: readonly string[]): string {
  const text = sharedTexts.get(list) ?? formatJson(list);
  sharedTexts.set(list, text);
  return text;
}

/**
 * A text that is equal only for values which a step cannot tell apart. So the order of properties counts, and -0 is not 0.
 */
function formatJson(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) return `[${value.map(formatJson).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  return `{${Object.entries(value)
    .map(([key, field]) => `${JSON.stringify(key)}:${formatJson(field)}`)
    .join()}}`;
}
