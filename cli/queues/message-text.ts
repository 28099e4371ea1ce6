import type { z } from 'zod'
import type {
  deadLetterSchema,
  parkedMessageSchema,
  queuesSchema,
  shownDeadLetterSchema,
  shownParkedSchema,
} from '../../functions/queues/schemas.ts'
import { renderTable } from '../frame/index.ts'
import { plural, secondsText } from '../operations/index.ts'

export type Queues = z.output<typeof queuesSchema>
export type ParkedMessage = z.output<typeof parkedMessageSchema>
export type DeadLetter = z.output<typeof deadLetterSchema>
export type ShownMessage = z.output<typeof shownParkedSchema> | z.output<typeof shownDeadLetterSchema>

type Queue = Queues['queues'][number]
type Count = Queue['messages']

export function queuesText({ queues, serviceBus, problem }: Queues): string {
  const rows = queues.map(({ name, hasSessions, messages, deadLetters, parked }) => [
    name,
    hasSessions ? 'yes' : 'no',
    countText(messages),
    countText(deadLetters),
    countText(parked),
    parked.oldestAgeSeconds === null ? null : secondsText(parked.oldestAgeSeconds),
  ])
  const table = renderTable(['name', 'sessions', 'messages', 'dead letters', 'parked', 'oldest parked'], rows)
  if (serviceBus === 'ok') return `${table}\n(${plural(queues.length, 'queue')})`
  const why =
    serviceBus === 'none'
      ? 'There is no Service Bus here, so only parked messages are counted.'
      : `Messages and dead letters are not counted: ${problem ?? ''}`
  return `${table}\n(${plural(queues.length, 'queue')}) ${why}`
}

const countText = (count: Count): string => {
  if (count === null) return '?'
  return count.isLowerBound && count.count > 0 ? `at least ${count.count}` : String(count.count)
}

export function parkedTable(messages: readonly ParkedMessage[]): string {
  const rows = messages.map((message) => [
    message.id,
    message.state,
    message.tenantId,
    message.messageId,
    message.sessionId,
    message.attempts,
    message.resubmissions,
    message.parkedAt,
    message.reason,
    message.detail,
  ])
  const columns = [
    'id',
    'state',
    'tenant',
    'message',
    'session',
    'attempts',
    'resubmitted',
    'parked at',
    'reason',
  ]
  return `${renderTable([...columns, 'detail'], rows)}\n(${plural(messages.length, 'message')})`
}

export function deadLettersTable(letters: readonly DeadLetter[]): string {
  const rows = letters.map((letter) => [
    letter.id,
    letter.messageId,
    letter.sessionId,
    letter.attempts,
    letter.enqueuedAt,
    letter.reason,
    letter.detail,
  ])
  const columns = ['id', 'message', 'session', 'attempts', 'enqueued at', 'reason', 'detail']
  return `${renderTable(columns, rows)}\n(${plural(letters.length, 'dead letter')})`
}

/** One message with what it says. */
export function messageText(message: ShownMessage): string {
  const { id, queue, reason, detail, problems } = message
  const parked = 'state' in message ? message : undefined
  const decided =
    parked === undefined || parked.decidedAt === null
      ? []
      : [`Decided     ${parked.state} at ${parked.decidedAt} by ${parked.decidedBy ?? ''}`]
  return [
    `${parked === undefined ? 'Dead letter' : 'Message'} ${id} of ${queue}: ${reason ?? 'no reason'}${detail === null ? '' : `, ${detail}`}`,
    `Message id  ${message.messageId ?? ''}`,
    `Session     ${message.sessionId ?? ''}`,
    ...(parked === undefined ? [] : [`Tenant      ${parked.tenantId ?? 'not known'}`]),
    `Enqueued    ${message.enqueuedAt ?? 'not known'}; attempts: ${message.attempts}`,
    ...(parked === undefined ? [] : [`Parked      ${parked.parkedAt}; sent again: ${parked.resubmissions}`]),
    ...decided,
    `Properties  ${JSON.stringify(message.properties)}`,
    ...(problems.length === 0 ? [] : [`As it is it would be parked at once: ${problems.join(' ')}`]),
    ...(message.isCut ? ['Only the beginning of its body was kept:'] : []),
    '',
    message.bodyEncoding === 'utf-8' ? message.body : `(base64) ${message.body}`,
  ].join('\n')
}
