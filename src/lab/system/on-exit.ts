/** Clean-up for when this process ends, by itself or by a signal. */

const tasks = new Set<() => void>();
let watching = false;

function runAll(): void {
  for (const task of tasks) {
    tasks.delete(task);
    try {
      task();
    } catch {
      // one thing that cannot be cleaned up must not keep the others from it
    }
  }
}

/**
 * Calls `task`, which must not wait for anything, when this process ends.
 * @returns a function that takes the task back
 */
export function onExit(task: () => void): () => void {
  tasks.add(task);
  if (!watching) {
    watching = true;
    process.on('exit', runAll);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        runAll();
        // Whoever else listens decides how the process ends; with nobody else it ends as it would have without us.
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
      });
    }
  }
  return () => void tasks.delete(task);
}
