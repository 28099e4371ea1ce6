import type { Client } from 'pg'

/**
 * Replaces a piece of a function's body in a test database: to see a check fail, or to lengthen the moment in which a
 * race can happen. If the piece is a string, line breaks make no difference.
 * @throws Error when the piece is not found, since a mutation that changes nothing proves nothing.
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
  const pattern = typeof piece === 'string' ? inAnyLines(piece) : piece
  const after = before.replace(pattern, () => replacement)
  if (after === before) throw new Error(`${name} does not hold ${String(piece)}`)
  await admin.query(after)
}

/** White space matches any other white space, and white space is also allowed directly inside brackets. */
function inAnyLines(piece: string): RegExp {
  const escaped = piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(
    escaped
      .replaceAll(/\s+/g, String.raw`\s+`)
      .replaceAll(String.raw`\(`, String.raw`\(\s*`)
      .replaceAll(String.raw`\)`, String.raw`\s*\)`),
  )
}
