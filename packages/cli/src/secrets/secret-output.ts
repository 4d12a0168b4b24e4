import type { ProjectSecretSummary } from '@stack/project';

/** What a secret is called in messages. */
export function describeSecret({ name, store, scope }: Pick<ProjectSecretSummary, 'name' | 'store' | 'scope'>): string {
  return `the ${scope === 'personal' ? 'personal ' : ''}secret "${name}" in the secret store "${store}"`;
}
