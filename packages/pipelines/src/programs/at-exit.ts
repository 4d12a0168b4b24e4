const tasks = new Set<() => void>();

/** Does something when this process ends, unless what is returned was disposed of before. */
export function atExit(task: () => void): Disposable {
  // One listener for all: Node warns of many.
  if (tasks.size === 0) process.on('exit', runTasks);
  tasks.add(task);
  return {
    [Symbol.dispose]: () => {
      tasks.delete(task);
      if (tasks.size === 0) process.off('exit', runTasks);
    },
  };
}

function runTasks(): void {
  for (const task of tasks) task();
}
