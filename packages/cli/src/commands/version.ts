import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandOutput } from '../command-line/command.ts';
import { packageFolder } from '../package-folder.ts';

export async function run(): Promise<CommandOutput> {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  return { data: { version, node: process.versions.node }, text: version };
}
