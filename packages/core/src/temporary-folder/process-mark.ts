import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** `<host>-<pid>-<start>`. */
const markPattern = '([0-9a-f]{8})-(\\d+)-(\\d+)';
/** A folder that a `TemporaryFolder` has made. */
const namePattern = new RegExp(`^stack-[a-z0-9]+-${markPattern}-\\w{6}$`);

let own: string | undefined;

/** Tells this process from all others, also from one that gets its number later where the system says when it started. */
export function thisProcess(): string {
  own ??= `${thisHost()}-${process.pid}-${findProcess(process.pid)?.start ?? 0}`;
  return own;
}

/** Whether the name of a folder says that a process of this host made it which is not there any more. */
export function isOfEndedProcess(name: string): boolean {
  const [, host, pid, start] = namePattern.exec(name) ?? [];
  if (host !== thisHost()) return false;
  const found = findProcess(Number(pid));
  if (found === undefined) return !isRunning(Number(pid));
  return found.hasEnded || found.start !== start;
}

let host: string | undefined;

/** Numbers of processes mean something within it. Containers that share a folder have other ones. */
function thisHost(): string {
  host ??= createHash('sha256').update(`${hostname()} ${numberSpace()}`).digest('hex').slice(0, 8);
  return host;
}

function numberSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

interface FoundProcess {
  /** In ticks since the system started. */
  readonly start: string;
  /** Killed, and not yet taken note of by who started it. */
  readonly hasEnded: boolean;
}

/** What Linux knows of a process; `undefined` elsewhere, and for one that is not there. */
function findProcess(pid: number): FoundProcess | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Its name comes before, in parentheses, and may hold anything.
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { start: fields[18] ?? '0', hasEnded: state === 'Z' || state === 'X' };
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It may be another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
