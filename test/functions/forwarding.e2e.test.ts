import { createHash } from 'node:crypto'
import { Client as KustoClient, KustoConnectionStringBuilder } from 'azure-kusto-data'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, startLocalRun } from '../support/local-run.ts'
import type { LocalRun } from '../support/local-run.ts'

let run: LocalRun
let kusto: KustoClient
let inspector: Client
let token: string

beforeAll(async () => {
  run = await startLocalRun()
  kusto = new KustoClient(new KustoConnectionStringBuilder(run.analytics.url))
  inspector = new Client({ connectionString: run.postgres.inspector })
  await inspector.connect()
  token = await run.token({ tenant: 'acme', roles: ['writer', 'reader'] })
})
afterAll(async () => {
  await inspector?.end()
  kusto?.close()
  await run?.stop()
})

async function query(text: string): Promise<Record<string, unknown>[]> {
  const result = await kusto.execute(run.analytics.database, text)
  return [...(result.primaryResults[0]?.rows() ?? [])].map((row) => row.toJSON<Record<string, unknown>>())
}

async function append(streamId: string, body: string, contentType = 'application/json'): Promise<void> {
  const response = await fetch(`${run.url}/api/streams/${streamId}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
    body,
  })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
}

const setFaults = (rules: unknown) =>
  fetch(run.faults.analytics, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seed: 1, rules }),
  })

const counts = async () => {
  const stored = await inspector.query<{ count: string }>('select count(*) from trickle_events_log.events')
  const [raw] = await query('EventsRaw | summarize Rows = count(), Ids = dcount(EventId)')
  return {
    stored: Number(stored.rows[0]?.count),
    rows: Number(raw?.['Rows'] ?? 0),
    ids: Number(raw?.['Ids'] ?? 0),
  }
}

const settled = () =>
  eventually(async () => {
    const now = await counts()
    return now.rows >= now.stored ? now : undefined
  })

const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

describe('forwarding', () => {
  it('brings ids of every form and an event at the limit of 1 MiB with equal content', async () => {
    const large = {
      text: 'ä€😀'.repeat(110_000).slice(0, 340_000),
      n: 9_007_199_254_740_991,
      nested: { a: [1.5, null, true] },
    }
    await append('forms', JSON.stringify({ id: '42', type: 'T', data: { small: 0.1 } }))
    await append(
      'forms',
      JSON.stringify({ id: '3f1c0c1e-6a55-4f0e-9c55-0f4c3b1b7a11', type: 'T', data: ['x'] }),
    )
    await append(
      'forms',
      JSON.stringify({ specversion: '1.0', id: 'A234-1234-1234', source: '/cloud', type: 'T', data: 'text' }),
      'application/cloudevents+json',
    )
    await append('forms', JSON.stringify({ id: 'limit', type: 'T', data: large }))
    await settled()
    const read = await fetch(`${run.url}/api/streams/forms/events`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const { events } = (await read.json()) as { events: { id: string; source: string; data: unknown }[] }
    const rows = await query("EventsRaw | where StreamId == 'forms' | project EventId, Source, Payload")
    const arrived = new Map(
      rows.map((row) => [row['EventId'], { source: row['Source'], hash: hashOf(row['Payload']) }]),
    )
    expect(events.map(({ id }) => id)).toEqual([
      '42',
      '3f1c0c1e-6a55-4f0e-9c55-0f4c3b1b7a11',
      'A234-1234-1234',
      'limit',
    ])
    for (const { id, source, data } of events)
      expect([id, arrived.get(id)]).toEqual([id, { source, hash: hashOf(data) }])
  })

  it('sends the same batch again when answers are lost or refused, and nothing arrives twice', async () => {
    await setFaults([
      { match: '.get ingestion resources', status: 503, times: 1 },
      { match: 'PUT /', cut: true, times: 1 },
      { match: '/messages', cut: true, after: true, times: 2 },
    ])
    for (let n = 0; n < 20; n += 1)
      await append(`fault-${n % 3}`, JSON.stringify({ id: `fault-${n}`, type: 'T', data: n }))
    const now = await settled()
    const { rules } = (await (await fetch(run.faults.analytics)).json()) as {
      rules: { match: string; hits: number }[]
    }
    await fetch(run.faults.analytics, { method: 'DELETE' })
    // A fault that met nothing would prove nothing. The SDK keeps its resources, so the first rule may find no request.
    expect(rules.slice(1).map(({ hits }) => hits > 0)).toEqual([true, true])
    expect(now).toEqual({ stored: now.stored, rows: now.stored, ids: now.stored })
  })

  it('goes on where it was after the host of the background app was killed at any point', async () => {
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          append(`kill-${n}`, JSON.stringify({ id: `kill-${round}-${n}`, type: 'T', data: n })),
        ),
      )
      const { hostPid } = (await run.status()).background
      // The moment between the upload and the mark is widened, so that the kill finds it.
      await setFaults([{ match: '/messages', delayMs: 400, after: true, times: 5 }])
      await fetch(`${run.background.url}/admin/functions/forwarding`, {
        method: 'POST',
        headers: { 'x-functions-key': run.background.masterKey, 'content-type': 'application/json' },
        body: '{"input":""}',
      })
      await new Promise((resolve) => setTimeout(resolve, 150 + round * 150))
      if (hostPid !== null) process.kill(hostPid, 'SIGKILL')
      await eventually(async () => {
        const status = await run.status().catch(() => undefined)
        return status?.ready === true && status.background.hostPid !== hostPid ? status : undefined
      })
    }
    await fetch(run.faults.analytics, { method: 'DELETE' })
    const now = await settled()
    expect(now).toEqual({ stored: now.stored, rows: now.stored, ids: now.stored })
  }, 180_000)

  it('runs now when an administrator asks, and for nobody else', async () => {
    const ask = (key: string) =>
      fetch(`${run.background.url}/admin/functions/forwarding`, {
        method: 'POST',
        headers: { 'x-functions-key': key, 'content-type': 'application/json' },
        body: '{"input":""}',
      })
    expect((await ask(run.background.masterKey)).status).toBe(202)
    expect((await ask('wrong')).status).toBe(401)
  })
})
