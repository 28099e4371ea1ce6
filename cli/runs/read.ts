import type { options } from '../commands/read.ts'
import { z } from 'zod'
import type { Client } from '../client.ts'
import { eventsTable, openTenantClient, readEvents } from '../events/index.ts'
import type { StoredEvent } from '../events/index.ts'
import { integerOption } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'

/** More than a person reads. Everything of a stream comes as NDJSON: docs/reads.md. */
const EVENTS_MAX = 10_000

/** The largest page that the server allows. */
const PAGE_EVENTS = 1000

/** The largest version that the server takes. */
const VERSION_MAX = 999_999_999_999_999

export async function run({
  values,
  positionals,
  home,
  print,
}: ContextOf<typeof options>): Promise<number | void> {
  const [stream = ''] = positionals
  const { url, token, insecure, tenant, type: types = [], backward } = values
  const limit = integerOption(values.limit, '--limit', { min: 1, max: EVENTS_MAX })
  const from =
    values.from === undefined ? null : integerOption(values.from, '--from', { min: 1, max: VERSION_MAX })
  const send = openTenantClient({ home, url, token, insecure, tenant, role: 'reader' })
  const path = `/api/streams/${encodeURIComponent(stream)}/events`
  const found = await readStream(send, path, { from, backward, types, limit })
  const count = `(${found.events.length} ${found.events.length === 1 ? 'event' : 'events'})`
  const more =
    found.next === null ? '' : `\nThere are more. Go on by the same command with --from ${found.next}`
  print(found, `${eventsTable(found.events)}\n${count}${more}`)
}

interface StreamRequest {
  readonly from: number | null
  readonly backward: boolean
  readonly types: readonly string[]
  readonly limit: number
}

/** Reads pages until one event more than the limit is found: only this shows that there are more. */
async function readStream(
  send: Client['send'],
  path: string,
  { from, backward, types, limit }: StreamRequest,
): Promise<{ events: StoredEvent[]; next: number | null }> {
  const found: StoredEvent[] = []
  for (let next: number | null | undefined = from ?? undefined; next !== null && found.length <= limit;) {
    const query = new URLSearchParams({ limit: String(Math.min(limit + 1 - found.length, PAGE_EVENTS)) })
    for (const type of types) query.append('type', type)
    if (backward) query.set('direction', 'backward')
    if (next !== undefined) query.set('from', String(next))
    const page = await readEvents(await send(`${path}?${query.toString()}`), z.int().nullable())
    found.push(...page.events)
    next = page.next
  }
  return { events: found.slice(0, limit), next: found[limit]?.version ?? null }
}
