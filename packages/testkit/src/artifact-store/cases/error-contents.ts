import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type ArtifactStore, Secret } from '@stack/core';

/** Fails when a secret of a store's config is anywhere in an error: its message, stack, causes, properties or JSON. */
export function expectNoSecrets(error: unknown, store: ArtifactStore): void {
  const shown = `${inspect(error, { depth: 10, showHidden: true, maxStringLength: null })}${JSON.stringify(error)}`;
  for (const secret of secretsOf(store.config)) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      assert.ok(!shown.includes(form), 'the error holds a secret of the config');
    }
  }
}

function secretsOf(value: unknown): string[] {
  if (Secret.is(value)) return [value.reveal()];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsOf) : [];
}
