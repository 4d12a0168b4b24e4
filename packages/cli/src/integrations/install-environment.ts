import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createChildEnvironment } from '@stack/core/secrets';

/** What package managers, and Node, Git and SSH under them, are set up by. */
const passedOn =
  /^(?:npm|pnpm|yarn|bun|corepack|node|xdg|git|ssh|ssl_cert)_|^(?:https?|no|all)_proxy$|^(?:ci|user|shell|term)$/i;
const configFiles = ['.npmrc', '.yarnrc.yml', 'bunfig.toml'];

/**
 * The environment for a package manager that works in a folder: what it is set up by, and the variables that its config
 * files name, such as the token of a registry.
 */
export function installEnvironment(folder: string): Record<string, string> {
  const named = [...foldersAbove(folder), homedir()]
    .flatMap((place) => configFiles.map((name) => readIfThere(join(place, name))))
    .flatMap((text) => [...text.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => [name, process.env[name]] as const));
  return createChildEnvironment({ passedOn, environment: Object.fromEntries(named) });
}

function foldersAbove(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...foldersAbove(parent)];
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
