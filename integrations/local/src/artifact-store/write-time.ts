let last = 0;

/**
 * The time for the next write, in seconds since 1970: no two writes of this process have the same, whatever the clock and
 * the file system take for one moment.
 */
export function nextWriteTime(): number {
  last = Math.max(performance.timeOrigin + performance.now(), last + 0.001);
  return last / 1000;
}
