import type { Client } from 'pg'

/**
 * Replaces a piece of a function's body in a throwaway database, to see a check fail or to stretch a moment that a race
 * needs.
 * @throws Error when the piece is not there, since a mutation that changes nothing proves nothing.
 */
export async function mutateFunction(
  admin: Client,
  name: string,
  piece: string | RegExp,
  replacement: string,
): Promise<void> {
  const { rows } = await admin.query<{ definition: string }>(
    'select pg_get_functiondef($1::regproc) as definition',
    [name],
  )
  const before = rows[0]?.definition ?? ''
  const after = before.replace(piece, () => replacement)
  if (after === before) throw new Error(`${name} does not hold ${String(piece)}`)
  await admin.query(after)
}
