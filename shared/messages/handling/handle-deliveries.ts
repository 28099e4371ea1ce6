import { TrickleError } from '../../errors/index.ts'
import type { Database } from '../../postgres/index.ts'
import type { TenantContext, TenantDirectory } from '../../tenancy/index.ts'
import { holdWhileAway } from '../hold-while-away.ts'
import type { HoldOptions } from '../hold-while-away.ts'
import type { Delivery } from '../delivery.ts'
import type { Envelope } from '../envelope/envelope.ts'
import { readEnvelopes } from '../envelope/read-envelopes.ts'
import type { MessageParking, MessageToPark } from '../parked/message-parking.ts'
import { MessageTenants } from './message-tenants.ts'
import { outcomeOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { UncertainAttempts } from './uncertain-attempts.ts'

export interface MessageHandling {
  readonly queue: string
  /** Reads a name as an id, a slug or an external id. */
  readonly tenants: Pick<TenantDirectory, 'find'>
  /** Ids and slugs of the tenants whose messages the queue takes; empty: of all. */
  readonly boundTo: ReadonlySet<string>
  readonly parking: Pick<MessageParking, 'park'>
  /** Where all of this is kept: while it is away, the messages are held. */
  readonly database: Pick<Database, 'reachability' | 'whenReachable'>
  /** Of this process, for all of its queues. */
  readonly attempts: UncertainAttempts
  /** For tests: the time for which messages are held. */
  readonly holdTime?: HoldOptions['time']
  /**
   * Does what an envelope asks for, and nothing if it was done before.
   * @throws TrickleError; one that is retryable sends the message back to its queue. MayPassLater.
   */
  readonly handle: (envelope: Envelope, tenant: TenantContext) => Promise<void>
}

/** Where the function's lines go. */
export interface MessageLog {
  readonly log: (line: string) => void
  readonly warn: (line: string) => void
}

/** Messages of a batch that are worked on at a time: what fills both calls that the event store has under way. */
const AT_A_TIME_MAX = 128

/**
 * Handles messages of a queue. One that can never be handled is parked and does its neighbours no harm. When this
 * returns, all may be completed. Messages are handled at once and in no order, the events of one message in their order
 * for each stream.
 * While the database is away they are held for some minutes, and then all go back to their queue.
 * @throws TrickleError when any message may be handled later, after the others were handled and parked: all come again,
 *   and those that were handled do nothing then. Also when the database can't be reached: then nothing is parked.
 */
export async function handleDeliveries(
  deliveries: readonly Delivery[],
  handling: MessageHandling,
  log: MessageLog,
): Promise<void> {
  const { queue, database, holdTime } = handling
  await holdWhileAway(database, () => handleOnce(deliveries, handling, log), {
    onHold: (reason) => log.warn(`${queue}: ${deliveries.length} messages are held: ${reason}`),
    ...(holdTime === undefined ? {} : { time: holdTime }),
  })
}

async function handleOnce(
  deliveries: readonly Delivery[],
  handling: MessageHandling,
  log: MessageLog,
): Promise<void> {
  const tenants = new MessageTenants(handling.queue, handling.tenants, handling.boundTo)
  const outcomes = await mapAtATime(deliveries, (delivery) => outcomeOfDelivery(delivery, handling, tenants))
  const parked = deliveries.flatMap((delivery, index) => {
    const outcome = outcomes[index]
    return outcome?.kind === 'parked' ? [{ delivery, ...outcome }] : []
  })
  if (parked.length > 0) {
    await handling.parking.park(handling.queue, parked.map(toPark))
    const reasons = Map.groupBy(parked, ({ error }) => error.code)
    const counts = [...reasons].map(([code, ofCode]) => `${ofCode.length} ${code}`)
    log.warn(`${handling.queue}: ${parked.length} of ${deliveries.length} parked (${counts.join(', ')})`)
  }
  const failures = outcomes.flatMap((outcome) => (outcome.kind === 'again' ? [outcome.error] : []))
  // One for the database's sake is told first: then the messages are held.
  const told = failures.find(({ retryable }) => retryable) ?? failures[0]
  if (told === undefined) return
  throw new TrickleError(
    told,
    `${failures.length} of ${deliveries.length} messages of ${handling.queue} can't be handled now, and all of them come again. ${told.detail}`,
    { cause: told },
  )
}

async function outcomeOfDelivery(
  delivery: Delivery,
  handling: MessageHandling,
  tenants: MessageTenants,
): Promise<Outcome> {
  let counted: number | undefined
  // Once for a delivery, however many of its events fail.
  const attempt = (): number => (counted ??= handling.attempts.add(handling.queue, delivery))
  try {
    const envelopes = await readEnvelopes(delivery.body)
    const streams = [
      ...Map.groupBy(envelopes, ({ tenant, streamId }) => JSON.stringify([tenant, streamId])).values(),
    ]
    const outcomes = await Promise.all(
      streams.map((ofStream) => outcomeInOrder(ofStream, { ...delivery, attempt }, handling, tenants)),
    )
    // What may pass later goes first: the message is then handled once more, and parked only if nothing else is left.
    return (
      outcomes.find(({ kind }) => kind === 'again') ??
      outcomes.find(({ kind }) => kind === 'parked') ?? { kind: 'done' }
    )
  } catch (error) {
    return outcomeOf(error, attempt, null)
  }
}

/** Of the events of one stream none is handled after one that failed: they would change places. */
async function outcomeInOrder(
  envelopes: readonly Envelope[],
  delivery: Delivery & { readonly attempt: () => number },
  handling: MessageHandling,
  tenants: MessageTenants,
): Promise<Outcome> {
  for (const envelope of envelopes) {
    let tenantId: string | null = null
    try {
      const found = await tenants.find(envelope.tenant)
      ;({ tenantId } = found.tenant)
      await tenants.assertMay(found, delivery)
      await handling.handle(envelope, found.tenant)
    } catch (error) {
      return placed(outcomeOf(error, delivery.attempt, tenantId), envelope)
    }
  }
  return { kind: 'done' }
}

/** Tells which event of a batch it was. */
function placed(outcome: Outcome, { pointer }: Envelope): Outcome {
  if (outcome.kind !== 'parked' || pointer === '') return outcome
  const { error } = outcome
  return { ...outcome, error: new TrickleError(error, `${pointer}: ${error.detail}`, { cause: error }) }
}

const toPark = ({
  delivery,
  error,
  tenantId,
}: {
  readonly delivery: Delivery
  readonly error: TrickleError
  readonly tenantId: string | null
}): MessageToPark => ({
  body: delivery.body,
  reason: error.code,
  detail: error.detail,
  tenantId,
  messageId: delivery.messageId,
  sessionId: delivery.sessionId,
  sequenceNumber: delivery.sequenceNumber,
  contentType: delivery.contentType,
  applicationProperties: delivery.applicationProperties,
  enqueuedAt: delivery.enqueuedAt,
})

/** The results in the order of the items. `work` must not throw. */
async function mapAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index]
      if (item !== undefined) results[index] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(items.length, AT_A_TIME_MAX) }, worker))
  return results
}
