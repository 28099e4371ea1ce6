import type { options } from '../commands/tail.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { readTime } from '../../shared/time/index.ts'
import type { Client } from '../client.ts'
import { eventLine, openTenantClient, readEvents } from '../events/index.ts'
import type { StoredEvent } from '../events/index.ts'
import { durationSeconds, integerOption, UsageError } from '../frame/index.ts'
import type { ContextOf } from '../frame/index.ts'
import { Patience } from '../retry.ts'

/** The longest that the server holds an answer. */
const WAIT_SECONDS = 25

/** The largest page that the server allows. */
const PAGE_EVENTS = 1000

/** A restart of the local run takes seconds, a deployment minutes. */
const RETRY_FOR_MS = 600_000

/** Nobody counts further by eye. */
const COUNT_MAX = 1_000_000_000

/** A feed that begins in the future begins at its end: docs/reads.md, "From a time". */
const NEVER = '9999-01-01T00:00:00Z'

export async function run(context: ContextOf<typeof options>): Promise<number | void> {
  const { values, home, note, printLine, interruption } = context
  const { url, token, insecure, tenant, type = [], 'stream-type': streamType = [] } = values
  const count =
    values.count === undefined ? Infinity : integerOption(values.count, '--count', { min: 1, max: COUNT_MAX })
  const start = startOf(values)
  const signal = interruption()
  const send = openTenantClient({ home, url, token, insecure, tenant, role: 'reader' })
  const patience = new Patience({ forMs: RETRY_FOR_MS, note, signal })
  try {
    await follow({ send, start, types: type, streamTypes: streamType, signal, patience }, count, (event) => {
      printLine(event, eventLine(event))
    })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** The parameters of the first page: where the feed begins. @throws UsageError */
function startOf({
  beginning,
  since,
}: {
  beginning: boolean
  since?: string | undefined
}): [string, string][] {
  if (beginning && since !== undefined) throw new UsageError('--beginning and --since exclude each other.')
  if (beginning) return []
  if (since === undefined) return [['since', NEVER]]
  if (/^\d+[smhd]?$/u.test(since))
    return [['since', new Date(Date.now() - durationSeconds(since, '--since') * 1000).toISOString()]]
  const { utc, refusal } = readTime(since)
  if (utc !== undefined) return [['since', utc]]
  throw new UsageError(
    `--since takes a time such as 10m or 2026-11-21T14:30:00Z, and "${since}" ${refusal ?? ''}.`,
  )
}

interface Following {
  readonly send: Client['send']
  readonly start: [string, string][]
  readonly types: readonly string[]
  readonly streamTypes: readonly string[]
  readonly signal: AbortSignal
  readonly patience: Patience
}

/** Shows events until there were `count`, or the signal is aborted. */
async function follow(
  { send, start, types, streamTypes, signal, patience }: Following,
  count: number,
  show: (event: StoredEvent) => void,
): Promise<void> {
  const filter: [string, string][] = [
    ...types.map((type): [string, string] => ['type', type]),
    ...streamTypes.map((type): [string, string] => ['streamType', type]),
  ]
  let place: [string, string][] = start
  let shown = 0
  for (let isFirst = true; ; isFirst = false) {
    // The first page is not waited for: its answer shows that there is a server at all, and that it lets us in.
    const wait: [string, string][] = isFirst ? [] : [['wait', String(WAIT_SECONDS)]]
    const limit = String(Math.min(count - shown, PAGE_EVENTS))
    const query = new URLSearchParams([...place, ...filter, ...wait, ['limit', limit]])
    try {
      const response = await send(`/api/events?${query.toString()}`, { signal })
      const { events, next } = await readEvents(response, z.string())
      patience.progress()
      for (const event of events) show(event)
      shown += events.length
      if (shown >= count) return
      place = [['after', next]]
      // The server has no place to wait, and says when to ask again.
      const pauseSeconds = Number(response.headers.get('retry-after') ?? 0)
      if (pauseSeconds > 0) await delay(pauseSeconds * 1000, undefined, { signal })
    } catch (error) {
      if (isFirst) throw error
      await patience.wait(error)
    }
  }
}
