import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventRoutes } from '../../../functions/events/routes.ts'
import type { EventServices } from '../../../functions/events/services.ts'
import { EventImporter, PostgresEventStore } from '../../../shared/event-store/index.ts'
import { createKernel } from '../../../shared/http/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { as, authenticate, call } from '../../shared/http/harness.ts'
import type { Answer } from '../../shared/http/harness.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'

/** Whatever door an event comes in by, the same times and sizes are taken, and the same are refused with the same reason. */
let database: TestDatabase
let post: (name: string, body: string, contentType: string) => Promise<Answer>
let get: (name: string, query: string) => Promise<Answer>

const STREAM_ID = 'doors'

beforeAll(async () => {
  database = await createDatabase()
  const acme = await database.tenant('acme')
  const pool = database.pool('trickle_app', 2)
  const services = {
    events: new PostgresEventStore(pool),
    importer: new EventImporter(pool, false),
    settings: { TRICKLE_EVENTS_SSE_VIEWERS_MAX: 0 },
  } as unknown as EventServices
  const routes = eventRoutes(() => services)
  const kernel = createKernel<TenantContext>({
    authenticate,
    resolveCaller: ({ issuer, subject, application, roles }) =>
      Promise.resolve({ kind: 'tenant', issuer, subject, application, roles, tenant: acme }),
    logger: { info: () => {}, error: () => {}, warn: () => {} },
    verifyResponses: true,
  })
  const ask = (name: string, options: Parameters<typeof call>[2]): Promise<Answer> => {
    const route = routes.find((candidate) => candidate.name === name)
    if (route === undefined) throw new Error(`there is no route ${name}`)
    return call(kernel, route, { path: route.path, ...options })
  }
  post = (name, body, contentType) =>
    ask(name, {
      body,
      params: { streamId: STREAM_ID },
      headers: { ...as('writer'), 'content-type': contentType },
    })
  get = (name, query) =>
    ask(name, { path: `/api/events?${query}`, params: { streamId: STREAM_ID }, headers: as('reader') })
})
afterAll(() => database.drop())

let ids = 0

/** What a door says to an event with these members, written as JSON texts. */
interface Verdict {
  readonly isTaken: boolean
  readonly code: string | undefined
  readonly text: string
}

type Door = (event: Readonly<Record<string, string>>) => Promise<Verdict>

const objectText = (members: Readonly<Record<string, string>>): string =>
  `{${Object.entries(members)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join(',')}}`

const verdictOf = ({ status, text, json }: Answer): Verdict => ({
  isTaken: status === 201,
  code: json?.['code'] as string | undefined,
  text,
})

const plain = (event: Readonly<Record<string, string>>): string =>
  objectText({ type: '"T"', data: '1', ...event })
const cloud = (event: Readonly<Record<string, string>>): string =>
  objectText({ specversion: '"1.0"', source: '"s"', type: '"T"', data: '1', id: `"${(ids += 1)}"`, ...event })

const doors: readonly (readonly [string, Door])[] = [
  ['one event', async (event) => verdictOf(await post('append-events', plain(event), 'application/json'))],
  [
    'the second of two events',
    async (event) =>
      verdictOf(await post('append-events', `{"events":[${plain({})},${plain(event)}]}`, 'application/json')),
  ],
  [
    'an append to several streams',
    async (event) =>
      verdictOf(
        await post(
          'append-to-streams',
          `{"streams":[{"streamId":"a","events":[${plain({})}]},{"streamId":"b","events":[${plain(event)}]}]}`,
          'application/json',
        ),
      ),
  ],
  [
    'a CloudEvent',
    async (event) => verdictOf(await post('append-events', cloud(event), 'application/cloudevents+json')),
  ],
  [
    'a batch of CloudEvents',
    async (event) =>
      verdictOf(
        await post('append-events', `[${cloud({})},${cloud(event)}]`, 'application/cloudevents-batch+json'),
      ),
  ],
  [
    'the second line of an import',
    async (event) => {
      const line = (of: Readonly<Record<string, string>>): string =>
        plain({ streamId: `"${STREAM_ID}"`, id: `"line-${(ids += 1)}"`, ...of })
      const body = [line({}), line(event), line({})].join('\n')
      const { text } = await post('import-events', body, 'application/x-ndjson')
      const outcomes = text
        .trim()
        .split('\n')
        .map((outcome) => JSON.parse(outcome) as { outcome: string; code?: string; detail?: string })
      // The lines around it arrive whatever becomes of it.
      expect([outcomes[0]?.outcome, outcomes[2]?.outcome, outcomes.length]).toEqual([
        'appended',
        'appended',
        3,
      ])
      const [, own] = outcomes
      return { isTaken: own?.outcome === 'appended', code: own?.code, text: own?.detail ?? '' }
    },
  ],
]

const REFUSED_TIMES: readonly (readonly [string, string])[] = [
  ['2026-01-01T00:00:00+16:00', 'beyond 14:00'],
  ['0001-01-01T00:00:00+14:00', '0001 to 9999'],
  ['9999-12-31T23:59:59-12:00', '0001 to 9999'],
  ['2026-01-01T24:00:00Z', 'hour 24'],
  ['2016-12-31T23:59:60Z', 'leap seconds'],
  ['2026-02-30T00:00:00Z', 'does not exist'],
  ['2026-01-01 00:00:00Z', 'RFC 3339'],
]

const TAKEN_TIMES = [
  '2026-01-01T00:00:00+14:00',
  '2026-01-01t00:00:00z',
  '2026-01-01T00:00:00.000000000Z',
  '2026-01-01T00:00:00.1234567Z',
  '9999-12-31T23:59:59.9999999Z',
]

describe.each(doors)('%s', (name, door) => {
  it.each(REFUSED_TIMES)('is refused with the time %s: %s', async (time, reason) => {
    const { isTaken, code, text } = await door({ time: `"${time}"` })
    expect([isTaken, code]).toEqual([false, 'VALIDATION_FAILED'])
    expect(text).toContain(reason)
  })

  it.each(TAKEN_TIMES)('is taken with the time %s', async (time) => {
    expect(await door({ time: `"${time}"` })).toMatchObject({ isTaken: true })
  })

  it.each([
    ['1e308', 100_000, 'EVENT_TOO_LARGE'],
    ['1.123457e-200', 70_000, 'EVENT_TOO_LARGE'],
    ['1E308', 3_500, 'EVENT_TOO_LARGE'],
    ['5e-324', 3_500, 'EVENT_TOO_LARGE'],
    ['1', 400_000, 'EVENT_TOO_LARGE'],
    ['1e400', 1, 'NUMBER_NOT_EXACT'],
    ['1e-400', 1, 'NUMBER_NOT_EXACT'],
  ])('is refused with %s, %i times', async (number, count, code) => {
    const data = `[${Array.from({ length: count }, () => number).join(',')}]`
    expect(await door({ data })).toMatchObject({ isTaken: false, code })
  })

  it('is refused with metadata that swells', async () => {
    const metadata = `{"m":[${Array.from({ length: 3_500 }, () => '1e308').join(',')}]}`
    // The metadata of a CloudEvent are its attributes, none of which is a list.
    const code = name.includes('CloudEvent') ? 'VALIDATION_FAILED' : 'EVENT_TOO_LARGE'
    expect(await door({ metadata })).toMatchObject({ isTaken: false, code })
  })

  it('is taken with numbers that stay within the limit when they are written out', async () => {
    const data = `[${Array.from({ length: 3_000 }, () => '1e308').join(',')}]`
    expect(await door({ data })).toMatchObject({ isTaken: true })
  })
})

describe('a feed since a time', () => {
  it.each(REFUSED_TIMES)('is refused for %s: %s', async (time, reason) => {
    const answer = await get('read-feed', `since=${encodeURIComponent(time)}`)
    expect([answer.status, answer.json?.['code']]).toEqual([400, 'VALIDATION_FAILED'])
    expect(answer.text).toContain(reason)
  })

  it.each(TAKEN_TIMES)('is read for %s', async (time) => {
    expect((await get('read-feed', `since=${encodeURIComponent(time)}`)).status).toBe(200)
  })

  it('tells of a + that was not escaped', async () => {
    const answer = await get('read-feed', 'since=2026-01-01T00:00:00+02:00')
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('%2B')
  })
})
