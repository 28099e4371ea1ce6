import { sessionIdOf } from '../../shared/messages/index.ts'
import { Random } from '../plan/index.ts'

export type Fate =
  /** Its event is to be stored once. */
  | 'good'
  /** The same message again: nothing more is to be stored. */
  | 'duplicate'
  /** No JSON, or no envelope: parked. */
  | 'malformed'
  /** An envelope that can never be handled: parked. */
  | 'failing'

/** A message as it is to be sent. */
export interface PlannedMessage {
  readonly queue: 'trickle-events' | 'trickle-events-ordered'
  readonly fate: Fate
  readonly body: string
  readonly messageId: string
  readonly sessionId: string | undefined
  /** What must become of it: of a good one its event, of a bad one its code. */
  readonly event:
    | { readonly tenant: string; readonly streamId: string; readonly id: string; readonly number: number }
    | undefined
  readonly reason: string | undefined
}

export interface QueuePlanOptions {
  readonly messages: number
  readonly tenants: readonly string[]
  readonly seed: number
}

/** Shares of the kinds of messages; the rest is good. Those of the trial. */
const MALFORMED = 0.01
const DUPLICATES = 0.01
const FAILING = 0.005

/** So many that several sessions have work at any time, and so few that each has a line of messages. */
const STREAMS_OF_A_TENANT = 200
const LARGE_CHARACTERS = 20_000

/** The messages of a run, always the same for a seed. The numbers of a stream's events say their order. */
export function planMessages({ messages, tenants, seed }: QueuePlanOptions): PlannedMessage[] {
  const random = new Random(seed)
  const numbers = new Map<string, number>()
  const planned: PlannedMessage[] = []
  const lastOf = new Map<string, PlannedMessage>()
  while (planned.length < messages) {
    const tenant = tenants[random.below(tenants.length)] ?? ''
    const queue = random.chance(0.5) ? 'trickle-events' : 'trickle-events-ordered'
    const streamId = `${queue === 'trickle-events' ? 'any' : 'ordered'}-${random.below(STREAMS_OF_A_TENANT)}`
    const key = `${tenant} ${streamId}`
    const index = planned.length
    const sessionId = queue === 'trickle-events' ? undefined : sessionIdOf(tenant, streamId)
    const common = { queue, messageId: `m-${index}`, sessionId } as const
    const dice = random.next()
    const last = lastOf.get(key)
    if (dice < MALFORMED) {
      const body = random.chance(0.5)
        ? `{"tenant":"${tenant}","id":${index}`
        : JSON.stringify({ tenant, wrong: index })
      planned.push({
        ...common,
        fate: 'malformed',
        body,
        event: undefined,
        reason: body.endsWith('}') ? 'VALIDATION_FAILED' : 'MALFORMED_JSON',
      })
    } else if (dice < MALFORMED + FAILING) {
      const body = JSON.stringify({
        tenant: 'nobody-knows-it',
        id: `f-${index}`,
        streamId,
        type: 'Counted',
        data: index,
      })
      planned.push({ ...common, fate: 'failing', body, event: undefined, reason: 'TENANT_UNKNOWN' })
    } else if (dice < MALFORMED + FAILING + DUPLICATES && last !== undefined) {
      planned.push({ ...last, messageId: common.messageId, fate: 'duplicate' })
    } else {
      const number = (numbers.get(key) ?? 0) + 1
      numbers.set(key, number)
      const id = `e-${index}`
      const filling = random.chance(0.005) ? { filling: 'x'.repeat(LARGE_CHARACTERS) } : {}
      const body = JSON.stringify({ tenant, id, streamId, type: 'Counted', data: { number, ...filling } })
      const event = { tenant, streamId, id, number }
      const message: PlannedMessage = { ...common, fate: 'good', body, event, reason: undefined }
      planned.push(message)
      lastOf.set(key, message)
    }
  }
  return planned
}
