import { Client } from 'pg'
import { breaksConnection } from '../../../../shared/postgres/classify.ts'
import { pickBelow, seededRandom } from '../../../support/scale.ts'
import { beginning, readFeed } from '../append/order-checks.ts'
import type { FeedPoint } from '../append/order-checks.ts'

export const STREAMS = 12

/** What is left to do: appends, and kills that must befall them, however fast the machine is. */
export interface Work {
  remaining: number
  killsWanted: number
}

/** Appends until `work` is done, over connections that others kill; what was not answered may be there or not. */
export async function appendUntilDone(
  url: string,
  tenantIds: readonly string[],
  worker: number,
  work: Work,
): Promise<void> {
  const random = seededRandom(1_000 + worker)
  let client: Client | undefined
  for (let nth = 0; work.remaining > 0 || work.killsWanted > 0; nth += 1) {
    work.remaining -= 1
    try {
      client ??= await open(url)
      await client.query(
        'select trickle_events_log.append($1, $2, null, $3, $4, $5, null, null, null, null)',
        [tenantIds[pickBelow(random, tenantIds.length)], ...randomAppend(random, `${worker}-${nth}`)],
      )
    } catch (error) {
      // Killed connections only: a deadlock or a refusal would be a finding.
      if (!breaksConnection(error)) throw error
      await client?.end().catch(() => {})
      client = undefined
    }
  }
  await client?.end()
}

/** Parameters 2 to 5 of an append: mostly one stream, sometimes several with a condition. */
function randomAppend(random: () => number, prefix: string): unknown[] {
  const names = Array.from({ length: STREAMS }, (_, index) => `s${index}`)
  const several = random() < 0.25
  const streams = several ? shuffled(names, random).slice(0, 3) : [names[pickBelow(random, STREAMS)]]
  const written = several ? 2 : 1
  const events = Array.from({ length: written + pickBelow(random, 3) }, (_, index) => ({
    s: (index % written) + 1,
    id: `${prefix}-${index}`,
    type: 'Noted',
    data: { filler: 'x'.repeat(pickBelow(random, 2_000)) },
  }))
  return [streams, streams.map(() => -1), written, JSON.stringify(events)]
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const keyed = values.map((value) => ({ value, key: random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value)
}

async function open(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Reads the feed of all tenants from its beginning, to its end once the feed is settled. */
export async function readToEnd(client: Client, isSettled: () => boolean): Promise<string[]> {
  const seen: string[] = []
  let point: FeedPoint = beginning
  for (;;) {
    const wasSettled = isSettled()
    const { events, next } = await readFeed(
      client,
      point,
      (row) => `${row.tenant_id}/${row.stream_id} ${row.version}`,
    )
    for (const event of events) seen.push(event)
    point = next
    if (wasSettled && events.length === 0) return seen
    if (events.length === 0) await pause(5)
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Events whose version is not the one after the version before it in its stream. */
export function inversions(events: readonly string[]): string[] {
  const versions = new Map<string, number>()
  return events.filter((event) => {
    const [stream = '', version = '0'] = event.split(' ')
    const expected = (versions.get(stream) ?? 0) + 1
    versions.set(stream, Number(version))
    return Number(version) !== expected
  })
}
