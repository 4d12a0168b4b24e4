import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findSecretReferences, type JsonValue, type LocatedReference, StackError } from '@stack/core';
import type { ComponentRecord } from '@stack/store';
import { stackDataFiles } from '../documents/load-stack-file.ts';
import { readDocument } from '../documents/read-document.ts';

/** What refers to secrets by text: the config and settings of a component, or a document. */
interface Referrer {
  /** What it is called in messages, e.g. `artifact-store:prod`. */
  readonly name: string;
  readonly content: JsonValue;
}

/**
 * Where a secret is referred to: `artifact-store:prod.config.accessKey`.
 *
 * @param keys those that matter. Default: all
 */
export function findSecretUses(referrers: readonly Referrer[], name: string, keys?: readonly string[]): string[] {
  return referrers.flatMap((referrer) =>
    readReferences(referrer.content)
      .filter(({ reference }) => reference.name === name && (keys === undefined || keys.includes(reference.key)))
      .map(({ path }) => [referrer.name, ...path].join('.')),
  );
}

export function componentReferrer({ type, name, config, settings }: ComponentRecord): Referrer {
  return { name: `${type}:${name}`, content: { config, settings } };
}

/** The references in a value; none where a text only looks like one, which keeps the others from meaning anything. */
export function readReferences(value: unknown): LocatedReference[] {
  try {
    return findSecretReferences(value);
  } catch (error) {
    if (StackError.is(error, 'SECRET_REFERENCE_INVALID')) return [];
    throw error;
  }
}

/** The stack files of a project that are data, as far as they can be read: a module would have to be run. */
export async function stackFileReferrers(root: string): Promise<Referrer[]> {
  const files = stackDataFiles.map((name) => ({ name, file: join(root, name) })).filter(({ file }) => existsSync(file));
  const read = files.map(async ({ name, file }) => ({ name, content: await readDocument(file).catch(() => null) }));
  return Promise.all(read);
}
