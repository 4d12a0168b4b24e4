import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { type InstallCommand, installCommand } from '../integrations/install-command.ts';
import { installEnvironment } from '../integrations/install-environment.ts';
import { packageRequest } from '../integrations/integration-package.ts';
import { findIntegration } from '../integrations/integrations-here.ts';
import { integrationSummary } from '../output/integration-summary.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const requests = invocation.positionals('NAME').map(packageRequest);
  const specifiers = requests.map(({ package: name, version }) =>
    version === undefined ? name : `${name}@${version}`,
  );
  const command = await installCommand(invocation.workingDirectory, specifiers);
  const line = [command.program, ...command.arguments].join(' ');
  const isDryRun = invocation.flag('dry-run');
  const data = { folder: command.folder, command: [command.program, ...command.arguments], isDryRun };
  if (isDryRun) return { data: { ...data, integrations: [] }, text: line };
  await install(command, line);
  const { discoverIntegrations } = await import('@stack/core/discovery');
  const discovery = discoverIntegrations([command.folder]);
  const integrations = requests.map((request) => integrationSummary(installed(discovery, request.package)));
  const flavors = integrations.flatMap((summary) => summary.flavors.map(({ type, name }) => `${type}/${name}`));
  return {
    data: { ...data, integrations },
    text: `Installed ${specifiers.join(', ')}. Its flavors: ${flavors.join(', ') || 'none'}.`,
    warnings: discovery.problems,
  };
}

async function install({ folder, program, arguments: words }: InstallCommand, line: string): Promise<void> {
  const failed = (what: string, hint: string, cause?: unknown) =>
    new StackError({ code: 'INSTALL_FAILED', message: `"${line}" in ${folder} ${what}.`, hint, cause });
  // Its standard output would stand in the document of --json; nobody is there to answer what it asks.
  const child = spawn(program, words, {
    cwd: folder,
    env: installEnvironment(folder),
    stdio: ['ignore', process.stderr, process.stderr],
  });
  let status: unknown;
  try {
    [status] = await once(child, 'exit');
  } catch (error) {
    throw failed('cannot be started', `Install ${program}, or the packages by hand.`, error);
  }
  if (status !== 0) throw failed(`ended with ${String(status)}`, 'See above what it printed.');
}

function installed(discovery: Parameters<typeof findIntegration>[0], name: string) {
  try {
    return findIntegration(discovery, name);
  } catch (error) {
    if (!StackError.is(error, 'INTEGRATION_NOT_FOUND')) throw error;
    throw new StackError({
      code: 'INTEGRATION_NOT_FOUND',
      message: `${name} is installed now, and is no integration that this version can use.`,
      hint: discovery.problems[0]?.message ?? 'Its package.json has no field "stack". Was another package meant?',
      cause: error,
    });
  }
}
