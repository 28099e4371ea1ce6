import { isTrickleError } from '../../shared/errors/index.ts'
import type { ServiceBus } from '../../shared/service-bus/index.ts'
import type { Prepared } from './prepare.ts'

export interface SentAgain {
  readonly outcome: 'sent' | 'would-be-sent' | 'refused'
  readonly problems: readonly string[]
}

/**
 * Sends a message to its queue, or says why not. Each is sent on its own, so that one which the queue does not take
 * stops no other, and messages of a session keep their order.
 * @throws TrickleError SERVICE_BUS_UNAVAILABLE; MESSAGE_TOO_LARGE for an edited one
 */
export async function sendAgain(
  bus: Pick<ServiceBus, 'send'>,
  queue: string,
  { message, problems }: Prepared,
  { isDryRun, isEdited }: { readonly isDryRun: boolean; readonly isEdited: boolean },
): Promise<SentAgain> {
  if (message === null) return { outcome: 'refused', problems }
  if (isDryRun) return { outcome: 'would-be-sent', problems }
  try {
    await bus.send(queue, [message])
  } catch (error) {
    if (isEdited || !isTrickleError(error) || error.code !== 'MESSAGE_TOO_LARGE') throw error
    return { outcome: 'refused', problems: [error.detail] }
  }
  return { outcome: 'sent', problems }
}
