import type { Client } from 'pg'
import type { Database, Statement } from '../../../shared/postgres/index.ts'

/** The text of a row's first column, whatever its name. */
interface First {
  readonly value: string | null
}

const firstColumn: Statement<First>['columns'] = {
  read: (_statement, { rows }) => rows.map(([value = null]) => ({ value })),
}

export const sql = (text: string, ...values: unknown[]): Statement<First> => ({
  name: text,
  text,
  columns: firstColumn,
  values,
})

export async function one(rows: Promise<readonly First[]>): Promise<string | null> {
  const [row] = await rows
  return row?.value ?? null
}

export const backendPid = (database: Database): Promise<string | null> =>
  one(database.query(sql('select pg_backend_pid()')))

export async function kill(admin: Client, pid: string | null): Promise<void> {
  await admin.query('select pg_terminate_backend($1::int, 5000)', [pid])
}

/** Ends every backend of one login in the database of `admin`. */
export async function killAll(admin: Client, role: string): Promise<void> {
  await admin.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1 and datname = current_database()`,
    [role],
  )
}

/** Waits until the database says true; the caller's time limit ends a wait for nothing. */
export async function until(admin: Client, text: string, values: unknown[] = []): Promise<void> {
  for (;;) {
    const { rows } = await admin.query<Record<string, unknown>>(text, values)
    if (Object.values(rows[0] ?? {})[0] === true) return
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}
