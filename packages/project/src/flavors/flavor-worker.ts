import { type AnyComponent, createComponent, isFlavor, type JsonObject, type JsonValue, StackError } from '@stack/core';
import { ModuleLoader, parseSourceReference } from '../modules/module-loader.ts';
import { openProject } from '../open-project.ts';
import { findProjectRoot } from '../project-root.ts';

/** Where a flavor is imported from. */
export interface FlavorSource {
  /** Folder that the source is resolved from. */
  readonly folder: string;
  /** `FILE#EXPORT` or `PACKAGE#EXPORT`. */
  readonly source: string;
  /** Folders of packages that bring `@stack/*` where the folder does not have them installed. */
  readonly providers: readonly string[];
}

export interface FlavorWorkerInput extends FlavorSource {
  readonly config: JsonObject;
  readonly settings: JsonObject;
  /** Folder that relative paths in the config are relative to. Its project, where it is in one, has the secrets. */
  readonly baseDirectory: string;
}

/** What the conformance kit tells a process of its own, so that it makes components of a flavor and a config. */
export interface FlavorWorker {
  readonly module: string;
  readonly export: string;
  readonly input: JsonValue;
}

export function flavorWorker(input: FlavorWorkerInput): FlavorWorker {
  return {
    module: import.meta.resolve('@stack/project'),
    export: 'createFlavorComponent',
    input: { ...input } as unknown as JsonObject,
  };
}

/** Called in the process of its own: makes a component whose config has this `path`. */
export async function createFlavorComponent(path: string, input: FlavorWorkerInput): Promise<AnyComponent> {
  const { config, settings, baseDirectory } = input;
  const flavor = await loadFlavorSource(input);
  const root = findProjectRoot(baseDirectory);
  const project = root === undefined ? undefined : await openProject({ from: root, integrationsFrom: input.providers });
  const secrets = project === undefined ? {} : { secrets: project.secrets };
  return createComponent(flavor, {
    name: 'conformance',
    config: { ...config, path },
    settings,
    baseDirectory,
    ...secrets,
  });
}

/**
 * Imports a flavor that need not be registered.
 *
 * @throws what importing throws, and FLAVOR_INVALID when the export is no flavor
 */
export async function loadFlavorSource({ folder, source, providers }: FlavorSource) {
  const { value } = await new ModuleLoader(folder, providers).load(parseSourceReference(source));
  if (isFlavor(value)) return value;
  throw new StackError({
    code: 'FLAVOR_INVALID',
    message: `${source} is not a flavor.`,
    hint: 'Export what defineFlavor({ ... }) of @stack/core returns.',
  });
}
