import type { TriggerLog } from '../../shared/context/index.ts'
import type { ParkedMessages } from '../../shared/messages/index.ts'

/**
 * Writes a line while any message waits for an operator: how many there are, and for how long the oldest waits. The
 * alert on parked messages reads its beginning (infra/modules/alerts/failed-messages.bicep).
 */
export async function reportParked(
  parked: Pick<ParkedMessages, 'open'>,
  nowMs: number,
  log: Pick<TriggerLog, 'warn'>,
): Promise<void> {
  const { messages, isLowerBound, oldestAt, queues } = await parked.open()
  if (oldestAt === null) return
  const ageSeconds = Math.max(0, Math.round((nowMs - Date.parse(oldestAt)) / 1_000))
  const ofQueues = queues.map((one) => `${one.queue} ${one.messages}`).join(', ')
  log.warn(
    `Parked messages: ${isLowerBound ? 'at least ' : ''}${messages}, the oldest for ${ageSeconds} s (${ofQueues}). Which, and why: trickle queues parked QUEUE`,
  )
}
