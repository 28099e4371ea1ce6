import { createHash, randomUUID } from 'node:crypto'
import type { Queue } from '../../../shared/context/index.ts'
import { PostgresEventStore } from '../../../shared/event-store/index.ts'
import { MessageParking, ParkedMessages, UncertainAttempts } from '../../../shared/messages/index.ts'
import type { MessageHandling } from '../../../shared/messages/index.ts'
import type { Database } from '../../../shared/postgres/index.ts'
import { TenantDirectory, TenantRegistry } from '../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { appendEnvelope, eventQueues } from '../../../functions/events/queues.ts'
import type { EventServices } from '../../../functions/events/services.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'

export interface Sent {
  readonly body: unknown
  readonly properties?: Readonly<Record<string, unknown>>
  readonly deliveryCount?: number
}

/** The queue functions of events on a real database, called as the host calls them. */
export class QueueStage {
  readonly database: TestDatabase
  readonly operator: Database
  readonly parked: ParkedMessages
  /** What the functions wrote to their log. */
  readonly lines: string[] = []
  /** The time for which messages are held, on a clock that nobody waits for. */
  readonly #time = {
    atMs: 0,
    now: () => this.#time.atMs,
    sleep: (forMs: number) => {
      this.#time.atMs += forMs
      return Promise.resolve()
    },
  }

  private constructor(database: TestDatabase) {
    this.database = database
    this.operator = database.pool('trickle_operator')
    this.parked = new ParkedMessages(this.operator)
  }

  static async open(): Promise<QueueStage> {
    return new QueueStage(await createDatabase())
  }

  tenant(name: string): Promise<TenantContext> {
    return this.database.tenant(`${name}-${randomUUID()}`)
  }

  async suspend(tenant: TenantContext): Promise<void> {
    await new TenantRegistry(this.operator).setStatus(tenant.slug, 'suspended')
  }

  /** @param boundTo slugs of the tenants whose messages `trickle-events` takes */
  queue(
    name: 'trickle-events' | 'trickle-events-ordered',
    worker: Database = this.database.pool('trickle_worker'),
    boundTo: readonly string[] = [],
  ): Queue {
    const services = {
      settings: {
        TRICKLE_EVENTS_SSE_VIEWERS_MAX: 0,
        TRICKLE_EVENTS_QUEUE_TENANTS: new Set(boundTo),
        TRICKLE_EVENTS_ORDERED_QUEUE_TENANTS: new Set<string>(),
      },
      messages: {
        tenants: new TenantDirectory(worker, 'any'),
        parking: new MessageParking(worker),
        database: { reachability: worker.reachability, whenReachable: () => Promise.resolve(true) },
        attempts: new UncertainAttempts(),
        holdTime: this.#time,
        handle: appendEnvelope(new PostgresEventStore(worker)),
      },
    } satisfies { readonly settings: object; readonly messages: Omit<MessageHandling, 'queue' | 'boundTo'> }
    // The queues use nothing else of the services.
    const found = eventQueues(() => services as unknown as EventServices).find((queue) => queue.name === name)
    if (found === undefined) throw new Error(`there is no queue ${name}`)
    return found
  }

  /** Calls the function of a queue with a batch, or with one message. */
  async receive(queue: Queue, ...sent: readonly Sent[]): Promise<void> {
    const bodies = sent.map(({ body }) => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
    const properties = sent.map((one) => one.properties ?? {})
    const counts = sent.map((one) => one.deliveryCount ?? 1)
    const call = {
      log: (...parts: unknown[]) => void this.lines.push(parts.map(String).join(' ')),
      warn: (...parts: unknown[]) => void this.lines.push(parts.map(String).join(' ')),
    }
    if (queue.isBatch) {
      const triggerMetadata = {
        sequenceNumberArray: bodies.map((body) => ({ low: numberOf(body), high: 0, unsigned: false })),
        deliveryCountArray: counts,
        applicationPropertiesArray: properties,
      }
      return queue.handle(bodies, { ...call, triggerMetadata })
    }
    for (const [index, body] of bodies.entries()) {
      const triggerMetadata = { deliveryCount: counts[index], applicationProperties: properties[index] }
      await queue.handle(body, { ...call, triggerMetadata })
    }
  }

  /** Ids of a stream's events, in their order. */
  async stored(tenant: TenantContext, streamId: string): Promise<string[]> {
    const admin = await this.database.client('admin')
    const { rows } = await admin.query<{ event_id: string }>(
      'select e.event_id from trickle_events_log.events e where e.tenant_id = $1 and e.stream_id = $2 order by e.version',
      [tenant.tenantId, streamId],
    )
    return rows.map((row) => row.event_id)
  }

  /** What is parked: reason, tenant and body of each. */
  async parkedOf(
    queue: Queue,
  ): Promise<{ reason: string; tenantId: string | null; attempts: number; body: string }[]> {
    const { messages } = await this.parked.list({ queue: queue.name, state: 'parked', limit: 1_000 })
    return Promise.all(
      messages.map(async ({ parkedId, reason, tenantId, attempts }) => ({
        reason,
        tenantId,
        attempts,
        body: (await this.parked.get(parkedId)).body.toString(),
      })),
    )
  }
}

/** Each message has a number of its own in its queue, the same at each delivery. */
const numberOf = (body: Buffer): number => createHash('sha256').update(body).digest().readUInt32BE() % 2 ** 31
