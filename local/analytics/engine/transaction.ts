import type { DatabaseSync } from 'node:sqlite'

/** Runs the task as one transaction. If the task throws, the transaction is rolled back. */
export function inTransaction<Result>(database: DatabaseSync, task: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = task()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Like `inTransaction`, for a task that waits for data. The caller holds the write lock until the task ends. */
export async function inLongTransaction<Result>(
  database: DatabaseSync,
  task: () => Promise<Result>,
): Promise<Result> {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = await task()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
