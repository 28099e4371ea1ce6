/** Lets one task at a time write. */
export interface WriteLock {
  /** Runs the task when all earlier ones are done; answers what it answers. */
  run<Result>(task: () => Promise<Result> | Result): Promise<Result>
  /** Whether a task runs or waits. */
  isBusy(): boolean
}

/**
 * An ingestion's transaction stays open while its blob is downloaded; a command that came in between would become
 * part of it and be rolled back with it.
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
      // The next one comes whether this one failed or not.
      last = mine.catch(() => undefined)
      return mine
    },
    isBusy: () => unfinished > 0,
  }
}
