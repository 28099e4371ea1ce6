/** Lets one task at a time write. */
export interface WriteLock {
  /** Runs the task after all earlier tasks have ended. Returns the task's result. */
  run<Result>(task: () => Promise<Result> | Result): Promise<Result>
  /** Whether a task runs or waits. */
  isBusy(): boolean
}

/**
 * An ingestion's transaction stays open while its blob is downloaded. Without this lock a command that arrives in
 * between would become part of that transaction, and would be rolled back with it.
 */
export function createWriteLock(): WriteLock {
  let last: Promise<unknown> = Promise.resolve()
  let unfinished = 0
  return {
    run: (task) => {
      unfinished += 1
      const mine = last.then(task).finally(() => {
        unfinished -= 1
      })
      // The next task runs even if this one failed.
      last = mine.catch(() => undefined)
      return mine
    },
    isBusy: () => unfinished > 0,
  }
}
