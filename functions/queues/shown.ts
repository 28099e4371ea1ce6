/** Messages as the routes answer them. */
import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import type { ParkedMessage, ParkedMessageSummary } from '../../shared/messages/index.ts'
import type { StoredMessage } from '../../shared/service-bus/index.ts'
import type {
  deadLetterSchema,
  parkedMessageSchema,
  shownDeadLetterSchema,
  shownParkedSchema,
} from './schemas.ts'

export const listedParked = (message: ParkedMessageSummary): z.output<typeof parkedMessageSchema> => ({
  id: message.parkedId,
  queue: message.queue,
  messageId: message.messageId,
  sessionId: message.sessionId,
  tenantId: message.tenantId,
  reason: message.reason,
  detail: message.detail,
  attempts: message.attempts,
  bodyBytes: message.bodyBytes,
  contentType: message.contentType,
  enqueuedAt: message.enqueuedAt,
  parkedAt: message.parkedAt,
  state: message.state,
  resubmissions: message.resubmissions,
  decidedAt: message.decidedAt,
  decidedBy: message.decidedBy,
})

export const listedDeadLetter = (
  queue: string,
  letter: StoredMessage,
): z.output<typeof deadLetterSchema> => ({
  id: String(letter.sequenceNumber),
  queue,
  messageId: letter.messageId ?? null,
  sessionId: letter.sessionId ?? null,
  reason: letter.deadLetterReason ?? null,
  detail: letter.deadLetterDescription ?? null,
  attempts: letter.deliveryCount,
  contentType: letter.contentType ?? null,
  enqueuedAt: letter.enqueuedAt.toISOString(),
})

export const shownParked = (
  message: ParkedMessage,
  problems: readonly string[],
): z.output<typeof shownParkedSchema> => ({
  ...listedParked(message),
  properties: message.applicationProperties,
  ...shownBody(message.body),
  isCut: message.isCut,
  problems: [...problems],
})

export const shownDeadLetter = (
  queue: string,
  letter: StoredMessage,
  problems: readonly string[],
): z.output<typeof shownDeadLetterSchema> => ({
  ...listedDeadLetter(queue, letter),
  properties: Object.fromEntries(
    Object.entries(letter.properties).map(([name, value]) => [
      name,
      value instanceof Date ? value.toISOString() : value,
    ]),
  ),
  ...shownBody(letter.body),
  isCut: false,
  problems: [...problems],
})

function shownBody(body: Buffer): { body: string; bodyEncoding: 'utf-8' | 'base64' } {
  return isUtf8(body)
    ? { body: body.toString('utf8'), bodyEncoding: 'utf-8' }
    : { body: body.toString('base64'), bodyEncoding: 'base64' }
}
