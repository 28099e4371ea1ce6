import { beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { SLUG_PATTERN, UUID_PATTERN } from '../../../shared/tenancy/index.ts'
import { streamIdSchema } from '../../../shared/event-form/index.ts'

type Row = Readonly<Record<string, unknown>>

interface Example {
  readonly default: (row: Row, place: { row: number; line: number }) => Row
  readonly tenantOf: (owner: string) => string
  readonly streamOf: (repository: string) => string
}

/** Loaded for each test, since settings are read when a module is loaded. */
async function load(name: string): Promise<Example> {
  vi.resetModules()
  return (await import(`../../../examples/${name}.mjs`)) as Example
}

const place = { row: 1, line: 2 }

describe('examples/github-events.mjs', () => {
  const row = {
    id: '1',
    dt: '2015-02-22T22:00:00Z',
    repo: 'Owner/Some.Repo_1',
    type: 'push',
    actor: 'ada',
    commits: 1,
  }

  test('one tenant an owner, one stream a repository, nothing of the line is lost', async () => {
    const { default: map } = await load('github-events')
    expect(map(row, place)).toEqual({
      tenant: 'owner',
      streamId: 'Some.Repo_1',
      id: '1',
      source: 'github',
      type: 'github.push',
      time: '2015-02-22T22:00:00Z',
      data: { repo: 'Owner/Some.Repo_1', actor: 'ada', commits: 1 },
    })
  })

  test.each([{ repo: 'nothing' }, { repo: '/x' }, { repo: 'x/' }, { repo: 5 }, {}])(
    '%j is no event of a repository',
    async (odd) => {
      const { default: map } = await load('github-events')
      expect(() => map({ ...odd, id: '1' }, place)).toThrow(/owner\/name/u)
    },
  )

  test('odd owners and repositories fit too, each by a name of its own', async () => {
    const { tenantOf, streamOf } = await load('github-events')
    const odd = [
      '-dash',
      '_under',
      'ümlaut',
      'a b',
      'x'.repeat(64),
      '\u212Aelvin',
      '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    ]
    // What would be a hashed name itself must not meet one.
    const owners = [...odd, ...odd.map(tenantOf), 'kelvin', 'plain']
    expect(new Set(owners.map(tenantOf)).size).toBe(owners.length)
    for (const slug of owners.map(tenantOf)) {
      expect(slug).toMatch(SLUG_PATTERN)
      expect(slug).not.toMatch(UUID_PATTERN)
    }
    const repositories = ['..', '.', 'a b', 'é', 'x'.repeat(300), 'plain', 'Plain', '.github']
    const all = [...repositories, ...repositories.map(streamOf)]
    expect(new Set(all.map(streamOf)).size).toBe(new Set(all).size)
    for (const stream of all.map(streamOf)) expect(() => streamIdSchema.parse(stream)).not.toThrow()
    expect([tenantOf('Some-Owner'), streamOf('.github')]).toEqual(['some-owner', '.github'])
  })
})

describe('examples/generic-csv.mjs', () => {
  const booking = {
    hotel: 'Resort Hotel',
    adr: '75.50',
    reservation_status: 'Check-Out',
    reservation_status_date: '2015-07-01',
  }
  const idSchema = z.object({ id: z.string().min(1), streamId: streamIdSchema })

  beforeEach(() => {
    vi.unstubAllEnvs()
  })

  test('as it stands it fits hotel bookings; the same row twice is two events, the same file the same ids', async () => {
    const { default: map } = await load('generic-csv')
    const event = map(booking, place)
    expect(event).toMatchObject({
      tenant: expect.stringMatching(/^resort-hotel-[0-9a-f]{16}$/u) as string,
      source: 'csv',
      type: 'booking.check-out',
      time: '2015-07-01T00:00:00Z',
      data: booking,
    })
    expect(map(booking, place)).toEqual(event)
    const { id, streamId } = idSchema.parse(event)
    expect(streamId).toBe(`booking:${id}`)
    expect(map(booking, { row: 2, line: 3 })['id']).not.toBe(id)
    expect(map({ ...booking, adr: '75.5' }, place)['id']).not.toBe(id)
  })

  test('by its settings it fits another CSV', async () => {
    vi.stubEnv('TRICKLE_MAP_STREAM_COLUMNS', 'shop,order')
    vi.stubEnv('TRICKLE_MAP_STREAM_PREFIX', 'order')
    vi.stubEnv('TRICKLE_MAP_ID_COLUMNS', 'order,step')
    vi.stubEnv('TRICKLE_MAP_TYPE', 'order.changed')
    vi.stubEnv('TRICKLE_MAP_TYPE_COLUMN', '')
    vi.stubEnv('TRICKLE_MAP_TIME_COLUMN', 'at')
    const { default: map } = await load('generic-csv')
    const row = { shop: 'A', order: '17', step: '1', at: '2026-01-02T03:04:05Z' }
    expect(map(row, place)).toEqual({
      tenant: undefined,
      streamId: 'order:A:17',
      id: '["17","1"]',
      source: 'csv',
      type: 'order.changed',
      time: '2026-01-02T03:04:05Z',
      data: row,
    })
    expect(map({ ...row, at: '' }, place)['time']).toBeUndefined()
  })

  test('names that have to be changed to fit never meet', async () => {
    vi.stubEnv('TRICKLE_MAP_STREAM_COLUMNS', 'hotel')
    const { default: map } = await load('generic-csv')
    const hotels = [
      'resort hotel',
      'Resort Hotel',
      'Resort  Hotel',
      'resort-hotel',
      'Ünä',
      'é',
      '!',
      'x'.repeat(200),
    ]
    const events = hotels.map((hotel) => map({ ...booking, hotel }, place))
    expect(new Set(events.map(({ tenant }) => tenant)).size).toBe(hotels.length)
    expect(new Set(events.map(({ streamId }) => streamId)).size).toBe(hotels.length)
    for (const { tenant, streamId } of events) {
      expect(tenant).toMatch(SLUG_PATTERN)
      expect(() => streamIdSchema.parse(streamId)).not.toThrow()
    }
  })

  test('a column that is not there is named', async () => {
    const { default: map } = await load('generic-csv')
    expect(() => map({ name: 'x' }, place)).toThrow('there is no column "reservation_status"; there are name')
  })
})
