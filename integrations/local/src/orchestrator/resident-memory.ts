import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The memory that a process takes, in bytes; `undefined` where it cannot be told. */
export async function residentMemory(pid: number): Promise<number | undefined> {
  try {
    return process.platform === 'linux' ? await ofLinux(pid) : await byPs(pid);
  } catch {
    // It has ended, or this is a system without `ps`.
    return undefined;
  }
}

async function ofLinux(pid: number): Promise<number> {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

async function byPs(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) * 1024;
}
