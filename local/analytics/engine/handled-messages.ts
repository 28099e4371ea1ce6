import type { DatabaseSync } from 'node:sqlite'

/**
 * Queue messages that were carried out. A message is deleted only after its rows are committed. If the process is
 * killed between the two, the message comes again, and its id here prevents a second ingestion. Two messages for one
 * blob are two ingestions, as in ADX.
 */
export interface HandledMessage {
  readonly messageId: string
  /** `container/blob` of the storage account. */
  readonly blob: string
}

export function recordHandled(database: DatabaseSync, message: HandledMessage): void {
  database
    .prepare('INSERT OR REPLACE INTO handled_messages (message_id, blob, handled_on) VALUES (?, ?, ?)')
    .run(message.messageId, message.blob, Date.now())
}

export function isHandled(database: DatabaseSync, messageId: string): boolean {
  return database.prepare('SELECT 1 FROM handled_messages WHERE message_id = ?').get(messageId) !== undefined
}

/** The oldest messages that were handled before a time (Unix ms), at most `limit` of them. */
export function handledBefore(database: DatabaseSync, unixMs: number, limit: number): HandledMessage[] {
  return database
    .prepare('SELECT message_id, blob FROM handled_messages WHERE handled_on < ? ORDER BY handled_on LIMIT ?')
    .all(unixMs, limit)
    .map((row) => ({ messageId: String(row['message_id']), blob: String(row['blob']) }))
}

export function countHandled(database: DatabaseSync): number {
  return Number(database.prepare('SELECT count(*) AS count FROM handled_messages').get()?.['count'] ?? 0)
}

export function forgetHandled(database: DatabaseSync, messageIds: readonly string[]): void {
  const statement = database.prepare('DELETE FROM handled_messages WHERE message_id = ?')
  for (const messageId of messageIds) statement.run(messageId)
}
