import type { z } from 'zod'
import type { repairedSchema } from '../../functions/queues/schemas.ts'
import { renderTable } from '../frame/index.ts'
import { plural } from '../operations/index.ts'

export type Repaired = z.output<typeof repairedSchema>

type Outcome = Repaired['messages'][number]['outcome']

/** What needs another look: the command ends with 1. Messages that were decided about before do not. */
const OPEN: ReadonlySet<Outcome> = new Set(['refused', 'parked-again', 'stays', 'unreached'])

export const isAllDone = ({ messages }: Repaired): boolean =>
  messages.every(({ outcome }) => !OPEN.has(outcome))

const words: Readonly<Record<Outcome, string>> = {
  sent: 'sent',
  discarded: 'discarded',
  'would-be-sent': 'would be sent',
  'would-be-discarded': 'would be discarded',
  refused: 'refused',
  decided: 'decided before',
  'parked-again': 'parked again meanwhile',
  stays: 'sent, and there still',
  unreached: 'not reached',
}

export function repairText({ messages }: Repaired): string {
  if (messages.length === 0) return 'There is no such message.'
  const rows = messages.map(({ id, messageId, sessionId, outcome, problems }) => [
    id,
    messageId,
    sessionId,
    words[outcome],
    problems.join(' '),
  ])
  const counts = [...Map.groupBy(messages, ({ outcome }) => outcome)].map(
    ([outcome, some]) => `${some.length} ${words[outcome]}`,
  )
  const table = renderTable(['id', 'message', 'session', 'outcome', 'problem'], rows)
  return `${table}\n(${plural(messages.length, 'message')}: ${counts.join(', ')})`
}
