import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

// A registry that does not answer any more is asked again.
const timeout = 600_000;

/** Runs a command that installs something, and gives what it printed. */
export async function runInstaller(
  command: string,
  installerArguments: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const child = spawn(command, installerArguments, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  });
  const [output, complaints, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ]);
  if (code === 0) return output;
  throw new Error(`${command} ended with ${signal ?? `exit code ${code}`}: ${complaints.trim().slice(-4000)}`);
}
