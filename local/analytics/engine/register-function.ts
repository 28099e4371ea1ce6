import type { DatabaseSync } from 'node:sqlite'
import type { StoredValue } from '../values/index.ts'

/** A function for compiled queries, where SQLite has none with Kusto's meaning. Integers come as bigint. */
export type SqlFunction = (...values: (StoredValue | undefined)[]) => StoredValue

/** The same values always give the same result, so SQLite may compute it once. */
export function registerFunction(database: DatabaseSync, name: string, run: SqlFunction): void {
  database.function(
    name,
    { deterministic: true, useBigIntArguments: true, varargs: true },
    (...values: unknown[]) => run(...(values as StoredValue[])),
  )
}

/** As `registerFunction`; null as the first value gives null. */
export function registerOnText(
  database: DatabaseSync,
  name: string,
  run: (text: string, second: StoredValue, third: StoredValue) => StoredValue,
): void {
  registerFunction(database, name, (text = null, second = null, third = null) =>
    text === null ? null : run(String(text), second, third),
  )
}
