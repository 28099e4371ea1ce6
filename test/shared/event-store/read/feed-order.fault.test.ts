import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isTrickleError } from '../../../../shared/errors/index.ts'
import { EventImporter } from '../../../../shared/event-store/index.ts'
import { Database } from '../../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createOwnServer } from '../../../support/database.ts'
import { pickBelow, scaled, seededRandom } from '../../../support/scale.ts'
import { feedSettled } from '../../../support/settled-feed.ts'
import { appendUntilDone, inversions, pause, readToEnd, STREAMS } from './feed-stress.ts'
import type { Work } from './feed-stress.ts'

const APPENDERS = 8
const READERS = 3
const appends = scaled(2_500)
const imports = scaled(25)

let database: Awaited<ReturnType<typeof createOwnServer>>
let admin: Client
let tenants: TenantContext[]

beforeAll(async () => {
  database = await createOwnServer()
  admin = await database.client('admin')
  tenants = [await database.tenant('acme'), await database.tenant('bolt')]
})
afterAll(() => database.drop())

/** Ends a backend of the app or of the operator now and then, and counts in `work`. */
async function killNowAndThen(work: Work, isDone: () => boolean): Promise<void> {
  const random = seededRandom(7)
  while (!isDone()) {
    await pause(20 + pickBelow(random, 40))
    const { rowCount } = await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where usename in ('trickle_app', 'trickle_operator') order by random() limit 1`,
    )
    work.killsWanted -= rowCount ?? 0
  }
}

/** A transaction that has written elsewhere and takes its time. */
async function hesitate(isDone: () => boolean): Promise<void> {
  const client = await database.client('admin')
  while (!isDone()) {
    await client.query('begin')
    await client.query('insert into public.elsewhere values (1)')
    await pause(50)
    await client.query('commit')
  }
}

async function importNowAndThen(): Promise<void> {
  const random = seededRandom(11)
  const operator = new Database({
    url: database.url('trickle_operator'),
    connectionsMax: 1,
    statements: 'unnamed',
  })
  const importer = new EventImporter(operator, true)
  for (let batch = 0; batch < imports; batch += 1) {
    const lines = Array.from({ length: 40 }, (_, index) => ({
      tenant: tenants[index % 2] as TenantContext,
      streamId: `s${pickBelow(random, STREAMS)}`,
      event: { id: `import-${batch}-${index}`, type: 'Imported', data: index },
    }))
    // A killed import is tried again as the same batch; the third kill in a row is thrown and is no finding.
    await importer.importBatch(lines).catch((error: unknown) => {
      if (!isTrickleError(error) || !error.retryable) throw error
    })
    await pause(10)
  }
  await operator.end()
}

describe('under appends, imports, kills and long transactions', () => {
  it(
    'every reader sees every event once, in the order of its stream',
    async () => {
      await admin.query('create table public.elsewhere (id int)')
      const work: Work = { remaining: appends, killsWanted: 6 }
      let isDone = false
      let isSettled = false
      const done = (): boolean => isDone
      const readers = await Promise.all(
        Array.from({ length: READERS }, () => database.client('trickle_forwarder')),
      )
      const reading = readers.map((reader) => readToEnd(reader, () => isSettled))
      const beside = [killNowAndThen(work, done), hesitate(done)] as const
      const tenantIds = tenants.map((tenant) => tenant.tenantId)
      await Promise.all([
        importNowAndThen(),
        ...Array.from({ length: APPENDERS }, (_, worker) =>
          appendUntilDone(database.url('trickle_app'), tenantIds, worker, work),
        ),
      ])
      isDone = true
      await Promise.all(beside)
      // Before that a page may be empty though there is more: where a transaction ends just as the page is read.
      await feedSettled(database.adminUrl)
      isSettled = true

      const { rows } = await admin.query<[string]>({
        text: "select format('%s/%s %s', tenant_id, stream_id, version) from trickle_events_log.events order by xid, position",
        rowMode: 'array',
      })
      const stored = rows.flat()
      expect(stored.length).toBeGreaterThan(appends)
      expect(work.killsWanted).toBeLessThanOrEqual(0)
      expect(inversions(stored)).toEqual([])
      for (const seen of await Promise.all(reading)) {
        expect(seen.length).toBe(stored.length)
        expect(new Set(seen).size).toBe(stored.length)
        expect(inversions(seen)).toEqual([])
      }
    },
    scaled(120_000),
  )
})
