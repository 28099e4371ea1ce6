import { Client } from 'pg'
import type { PlannedMessage } from './plan.ts'

/** What became of the messages, counted; every figure but the first two is to be 0. */
export interface QueueLedger {
  readonly stored: number
  readonly parked: number
  /** Good messages without an event. */
  readonly lost: number
  readonly doubled: number
  /** Events that no message asked for. */
  readonly foreign: number
  /** Events of an ordered stream that stand before one that was sent earlier. */
  readonly outOfOrder: number
  readonly notParked: number
  readonly parkedWithoutReason: number
  /** Good messages that were parked. */
  readonly parkedInVain: number
  readonly deadLetters: number
  readonly examples: readonly string[]
}

const EXAMPLES_MAX = 10

/** Compares the messages with what PostgreSQL holds. */
export async function reconcileQueues(
  inspectorUrl: string,
  messages: readonly PlannedMessage[],
  deadLetters: number,
): Promise<QueueLedger> {
  const client = new Client({ connectionString: inspectorUrl })
  await client.connect()
  try {
    const { rows: events } = await client.query<EventRow>(EVENTS)
    const { rows: parked } = await client.query<ParkedRow>(PARKED)
    return ledgerOf(messages, events, parked, deadLetters)
  } finally {
    await client.end()
  }
}

interface EventRow {
  readonly tenant: string
  readonly stream: string
  readonly id: string
  readonly number: number
}

interface ParkedRow {
  readonly queue: string
  readonly body: string
  readonly reason: string
}

const EVENTS = `select t.slug as tenant, e.stream_id as stream, e.event_id as id, (e.data ->> 'number')::int as number
  from trickle_events_log.events e join trickle_tenants_state.tenants t on t.tenant_id = e.tenant_id
  where e.type = 'Counted' order by e.tenant_id, e.stream_id, e.version`

const PARKED = `select p.queue, convert_from(p.body, 'UTF8') as body, p.reason
  from trickle_messages_state.parked_messages p where p.state = 'parked'`

function ledgerOf(
  messages: readonly PlannedMessage[],
  events: readonly EventRow[],
  parked: readonly ParkedRow[],
  deadLetters: number,
): QueueLedger {
  const examples: string[] = []
  const note: Note = (what) => {
    if (examples.length < EXAMPLES_MAX) examples.push(what)
  }
  return {
    stored: events.length,
    parked: parked.length,
    ...judgeEvents(messages, events, note),
    ...judgeParked(messages, parked, note),
    deadLetters,
    examples,
  }
}

type Note = (what: string) => void

function judgeEvents(
  messages: readonly PlannedMessage[],
  events: readonly EventRow[],
  note: Note,
): Pick<QueueLedger, 'lost' | 'doubled' | 'foreign' | 'outOfOrder'> {
  const stored = new Map<string, number>()
  for (const { event } of messages)
    if (event !== undefined) stored.set(keyOf(event.tenant, event.streamId, event.id), 0)
  const found = { lost: 0, doubled: 0, foreign: 0, outOfOrder: 0 }
  let last = { stream: '', number: 0 }
  for (const { tenant, stream, id, number } of events) {
    const key = keyOf(tenant, stream, id)
    const before = stored.get(key)
    if (before === undefined) found.foreign += 1
    else stored.set(key, before + 1)
    if (before === 1) found.doubled += 1
    const name = `${tenant} ${stream}`
    if (stream.startsWith('ordered-') && last.stream === name && number <= last.number) {
      found.outOfOrder += 1
      note(`${name}: ${number} after ${last.number}`)
    }
    last = { stream: name, number }
  }
  for (const [key, count] of stored) {
    if (count > 0) continue
    found.lost += 1
    note(`lost: ${key}`)
  }
  return found
}

function judgeParked(
  messages: readonly PlannedMessage[],
  parked: readonly ParkedRow[],
  note: Note,
): Pick<QueueLedger, 'notParked' | 'parkedWithoutReason' | 'parkedInVain'> {
  const keyed = messages.map((message) => ({ ...message, key: `${message.queue} ${message.body}` }))
  const good = new Set(keyed.filter(({ event }) => event !== undefined).map(({ key }) => key))
  const bad = new Map(keyed.flatMap(({ key, reason }) => (reason === undefined ? [] : [[key, reason]])))
  const found = { notParked: 0, parkedWithoutReason: 0, parkedInVain: 0 }
  for (const { queue, body, reason } of parked) {
    const key = `${queue} ${body}`
    if (good.has(key)) {
      found.parkedInVain += 1
      note(`parked in vain (${reason}): ${body.slice(0, SHOWN_CHARACTERS)}`)
    } else if (bad.get(key) !== reason) {
      found.parkedWithoutReason += 1
      note(`parked as ${reason}, not ${bad.get(key) ?? 'at all'}: ${body.slice(0, SHOWN_CHARACTERS)}`)
    }
    bad.delete(key)
  }
  for (const key of bad.keys()) note(`not parked: ${key.slice(0, SHOWN_CHARACTERS)}`)
  return { ...found, notParked: bad.size }
}

const SHOWN_CHARACTERS = 200

const keyOf = (tenant: string, stream: string, id: string): string => `${tenant} ${stream} ${id}`
