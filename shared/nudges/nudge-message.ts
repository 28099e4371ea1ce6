import { z } from 'zod'

export const NUDGES_QUEUE = 'trickle-nudges'

/** More subscriptions than an app has. */
const NAMES_MAX = 1_000

/** A nudge as it is sent. The body names the subscriptions to wake. */
export interface NudgeMessage {
  readonly messageId: string
  readonly contentType: 'application/json'
  readonly body: Buffer
}

/**
 * The queue drops a message whose id it has seen within its time, also when the first one was consumed long ago. So the
 * id holds the instance and the interval: a nudge is dropped only where it was sent twice because an answer was lost.
 * @param interval the number of the interval in which it is sent, such as the second
 */
export const messageOfNudge = (
  instance: string,
  interval: number,
  names: readonly string[],
): NudgeMessage => ({
  messageId: `${instance}:${interval}`,
  contentType: 'application/json',
  body: Buffer.from(JSON.stringify({ wake: names })),
})

const nudgeSchema = z.object({ wake: z.array(z.string().max(255)).max(NAMES_MAX) })

/** Whom a message wakes; null if it is no nudge. */
export function namesOfNudge(message: unknown): readonly string[] | null {
  const parsed = nudgeSchema.safeParse(message)
  return parsed.success ? parsed.data.wake : null
}
