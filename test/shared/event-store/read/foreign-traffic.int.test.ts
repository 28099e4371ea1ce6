import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TrickleError } from '../../../../shared/errors/index.ts'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import { appendBatch } from '../../../../shared/event-store/append/statements.ts'
import type { SingleAppend } from '../../../../shared/event-store/append/statements.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf, codeOfRefusal, readFeedUntil, readWhole } from '../support.ts'

/** So large that none of its digits stands in an answer by chance. */
const POSITION_AT_START = 7_123_456_789_012_345n

let database: TestDatabase
let admin: Client
let store: EventStore
let acme: TenantContext
let bolt: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await admin.query("select setval('trickle_events_log.event_position', $1)", [POSITION_AT_START])
  store = new PostgresEventStore(database.pool('trickle_app'))
  acme = await database.tenant('acme')
  bolt = await database.tenant('bolt')
})
afterAll(() => database.drop())

/** Everything that one tenant can get to see of its log, as text. */
async function answersOf(tenant: TenantContext, stream: string): Promise<Record<string, string>> {
  const key = { key: `key-${stream}`, fingerprint: Buffer.alloc(32, 1) }
  const append = () => store.append(tenant, appendOf(stream, { idempotency: key }))
  const written = await append()
  const replayed = await append()
  const known = appendOf(`${stream}-known`, { events: [{ id: `${stream}-known`, type: 'Noted', data: 1 }] })
  const first = await store.append(tenant, known)
  const again = await store.append(tenant, known)
  const { pages } = await readFeedUntil(store, tenant, 2)
  const feed = await store.readFeed(tenant, { limit: 100, withCheckpoints: true })
  const filtered = await store.readFeed(tenant, { limit: 1, types: ['None'] })
  const since = await store.readFeed(tenant, { limit: 1, since: '2999-01-01T00:00:00Z' })
  const conflict = await store
    .append(tenant, appendOf(stream, { expected: { mode: 'none' } }))
    .catch((error: unknown) => error)
  return Object.fromEntries(
    Object.entries({
      written,
      replayed,
      first,
      again,
      pages,
      feed,
      filtered,
      since,
      conflict,
      info: await store.streamInfo(tenant, stream),
      stream: await store.readStream(tenant, { streamId: stream, backward: false, limit: 10 }),
    }).map(([name, value]) => [name, textOf(value)]),
  )
}

const textOf = (value: unknown): string =>
  value instanceof TrickleError
    ? JSON.stringify([value.code, value.detail, value.extensions])
    : JSON.stringify(value)

/** The counters of the tenant's events, in every form in which bytes could stand in a text. */
async function countersOf(tenant: TenantContext): Promise<string[]> {
  const { rows } = await admin.query<{ position: string }>(
    'select position::text from trickle_events_log.events where tenant_id = $1',
    [tenant.tenantId],
  )
  return rows.flatMap(({ position }) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(position))
    const hex = bytes.toString('hex').replace(/^0+/, '')
    return [position, hex, Buffer.from(bytes.toReversed()).toString('hex').replace(/0+$/, '')]
  })
}

/** Every token that stands in the answers. */
const tokensIn = (answers: Record<string, string>): string[] => [
  ...new Set(Object.values(answers).flatMap((text) => text.match(/"[\w-]{70,}"/g) ?? [])),
]

describe('what a tenant gets to see', () => {
  it('holds no counter of the server, in digits or in bytes', async () => {
    const answers = await answersOf(acme, 'digits')
    const counters = await countersOf(acme)
    const tokens = tokensIn(answers)
    expect(counters.length).toBeGreaterThan(3)
    expect(tokens.length).toBeGreaterThan(3)
    const texts = [
      ...Object.values(answers),
      ...tokens.map((token) => Buffer.from(token.slice(1, -1), 'base64url').toString('hex')),
    ]
    const found = texts.filter((text) => counters.some((counter) => text.includes(counter)))
    expect(found).toEqual([])
  })

  it('does not tell by its tokens how much others have written in between', async () => {
    const tokens: Buffer[] = []
    for (let n = 0; n < TOKENS; n += 1) {
      const { consistencyToken } = await store.append(acme, appendOf(`token-${n}`))
      tokens.push(Buffer.from(consistencyToken, 'base64url'))
      if (n % 2 === 0) await store.append(bolt, appendOf(`foreign-${n}`))
    }
    expect(countersIn(tokens)).toEqual([])
  })

  it('does not move while only others write', async () => {
    const end = await endOf(acme)
    await store.append(bolt, appendOf('elsewhere'))
    expect(await store.readFeed(acme, { after: end, limit: 100 })).toMatchObject({ events: [], next: end })
  })

  it('gives equal tokens for equal points, also from another instance', async () => {
    const other = new PostgresEventStore(database.pool('trickle_app'))
    const end = await endOf(acme)
    expect(await endOf(acme, other)).toBe(end)
  })
})

/** The token after the last event of a tenant. */
async function endOf(tenant: TenantContext, by: EventStore = store): Promise<string> {
  const { rows } = await admin.query<{ count: number }>(
    'select count(*)::int as count from trickle_events_log.events where tenant_id = $1',
    [tenant.tenantId],
  )
  const { pages } = await readFeedUntil(by, tenant, rows[0]?.count ?? 0)
  return pages.at(-1)?.next ?? ''
}

/** That random numbers of so many tokens are in order by chance: once in 479 million times. */
const TOKENS = 12

/** Places at which numbers stand that count up, or down, from token to token. */
function countersIn(tokens: readonly Buffer[]): number[] {
  const places = Array.from({ length: (tokens[0]?.length ?? 0) - 6 }, (_, at) => at)
  return places.filter((at) => {
    const numbers = tokens.map((token) => token.readUIntBE(at, 6))
    const steps = numbers.slice(1).map((number, index) => Math.sign(number - (numbers[index] ?? 0)))
    return steps.every((step) => step > 0) || steps.every((step) => step < 0)
  })
}

describe('the times of appends that were written together', () => {
  const noted = (tenant: TenantContext, streamId: string): SingleAppend => ({
    tenantId: tenant.tenantId,
    streams: [
      {
        streamId,
        streamType: null,
        expected: { mode: 'any' },
        events: [JSON.stringify({ id: `id-${streamId}`, type: 'Noted', data: 1 })],
      },
    ],
    conditions: [],
    bytes: 0,
    mayBeKnown: false,
    trace: null,
    idempotency: null,
    names: [],
  })

  it('are a microsecond apart within a tenant, whatever others wrote in between', async () => {
    const foreign = Array.from({ length: 5 }, (_, n) => noted(bolt, `between-${n}`))
    const together = [noted(acme, 'b-1'), ...foreign, noted(acme, 'b-2')]
    await database.pool('trickle_app', 1).query(appendBatch(together))
    const micros = async (tenant: TenantContext, stream: string): Promise<bigint> => {
      const [event] = await readWhole(store, tenant, stream)
      const [seconds = '', fraction = ''] = (event?.recordedAt ?? '').slice(0, -1).split('.')
      return BigInt(Date.parse(`${seconds}Z`)) * 1_000n + BigInt(fraction.padEnd(6, '0'))
    }
    expect((await micros(acme, 'b-2')) - (await micros(acme, 'b-1'))).toBe(1n)
    expect((await micros(bolt, 'between-4')) - (await micros(bolt, 'between-0'))).toBe(4n)
    const info = await store.streamInfo(acme, 'b-2')
    const [event] = await readWhole(store, acme, 'b-2')
    expect([info.createdAt, info.updatedAt]).toEqual([event?.recordedAt, event?.recordedAt])
    expect(await codeOfRefusal(store.append(acme, appendOf('b-2', { expected: { mode: 'none' } })))).toBe(
      'VERSION_CONFLICT',
    )
  })
})
