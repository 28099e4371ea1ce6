import type { ReceiptKey } from '../../receipts/index.ts'
import type { Envelope } from './envelope.ts'

/**
 * The key of a message's receipt. It begins with the door: the key of an HTTP request begins with `http:`, so they never
 * meet, and an event and a command with one id don't, either.
 */
export function receiptOf(
  door: 'message' | 'command',
  { id, source, fingerprint }: Pick<Envelope, 'id' | 'source' | 'fingerprint'>,
): ReceiptKey {
  const key = source === '' ? `${door}:${id}` : `${door}@${JSON.stringify([source, id])}`
  return { key, fingerprint }
}
