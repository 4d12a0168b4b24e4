import { createHash } from 'node:crypto';
import type { Plan, StepCode } from '@stack/core';
import type { StepDefinition } from '../step/step.ts';
import type { CodeOrigin } from './code-origin.ts';
import { type CodeIdentity, identifyCode } from './identify-code.ts';

/** As much of a digest as tells two parts apart that are shown: what is compared is made of the whole. */
const shownDigest = 16;
const digest = /^[0-9a-f]{64}$/;

/**
 * The plan with the code of its steps, as the project's files are now.
 *
 * @param origin where the pipeline was defined
 */
export async function planCode(
  plan: Plan,
  definitions: ReadonlyMap<string, StepDefinition>,
  origin: CodeOrigin,
): Promise<Plan> {
  const unversioned = [...new Set(definitions.values())].filter(({ version }) => version === undefined);
  const identities = await identifyCode(new Map(unversioned.map((definition) => [definition, definition])), origin);
  const places = new Map<string, number>();
  const codeParts: [label: string, value: string][] = [];
  const placeOf = ([label, value]: readonly [string, string]): number => {
    const place =
      places.get(label) ?? codeParts.push([label, digest.test(value) ? value.slice(0, shownDigest) : value]) - 1;
    places.set(label, place);
    return place;
  };
  const codes = new Map<StepDefinition, StepCode>();
  for (const definition of new Set(definitions.values())) {
    const identity = identities.get(definition) ?? versionIdentity(definition);
    codes.set(
      definition,
      'uncacheable' in identity ? identity : { digest: identity.digest, parts: [...identity.parts].map(placeOf) },
    );
  }
  const steps = plan.steps.map((step) => {
    const definition = definitions.get(step.name);
    const code = definition === undefined ? undefined : codes.get(definition);
    return code === undefined ? step : { ...step, code };
  });
  return { ...plan, codeParts, steps };
}

function versionIdentity({ name, version = '' }: StepDefinition): CodeIdentity {
  const ofVersion = createHash('sha256').update(JSON.stringify({ version })).digest('hex');
  return { digest: ofVersion, parts: new Map([[`version of ${name}`, version]]) };
}
