import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Manifest } from '../../packages/core/src/manifest/manifest.ts';
import { readPackageManifest } from './package-manifest.ts';

type Core = typeof import('../../packages/core/src/index.ts');

/**
 * The manifest of a built integration, made from the flavors and component types that its main entry brings in. The
 * implementations stay unloaded.
 */
export async function integrationManifest(folder: string): Promise<Manifest> {
  const { name, version = '0.0.0', stack } = readPackageManifest(folder);
  const core = (await import(resolvedUrl(folder, '@stack/core'))) as Core;
  if (stack?.apiVersion !== core.apiVersion) {
    throw new Error(
      `"stack.apiVersion" in the package.json of ${name} must be ${core.apiVersion}, that of its @stack/core`,
    );
  }
  const known = new Set(core.listComponentTypes().map((type) => type.name));
  const exported = Object.entries((await import(resolvedUrl(folder, name))) as Record<string, unknown>);
  const flavors = exported.flatMap(([exportName, value]) =>
    core.isFlavor(value) ? [core.flavorManifest(value, exportName)] : [],
  );
  const componentTypes = core.listComponentTypes().filter((type) => !known.has(type.name));
  if (flavors.length + componentTypes.length === 0) {
    throw new Error(`${name} has a "stack" field, but its main entry exports no flavor and defines no component type`);
  }
  const identity = ({ type, name: flavorName }: { type: string; name: string }) => `${type}/${flavorName}`;
  for (const [flavor, same] of Map.groupBy(flavors, identity)) {
    if (same.length > 1) {
      throw new Error(
        `${name} exports the flavor ${flavor} as ${same.map((entry) => entry.export).join(' and ')}; keep one`,
      );
    }
  }
  return {
    apiVersion: core.apiVersion,
    package: name,
    version,
    componentTypes: componentTypes.toSorted((a, b) => compareText(a.name, b.name)),
    flavors: flavors.toSorted((a, b) => compareText(identity(a), identity(b))),
  };
}

/** Where a package of that name is for the modules of the folder: a built file, as no condition of ours is set. */
function resolvedUrl(folder: string, specifier: string): string {
  return pathToFileURL(createRequire(join(folder, 'package.json')).resolve(specifier)).href;
}

/** By code unit: an order of locale would differ between machines. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
