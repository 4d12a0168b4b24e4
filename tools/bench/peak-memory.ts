import { readFileSync } from 'node:fs';

/** The most bytes that this process has held. */
export function peakMemory(): number {
  // What `resourceUsage` tells on Linux counts the parent, as it was when it made this process.
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
  const [, kibibytes = process.resourceUsage().maxRSS] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kibibytes) * 1024;
}
