import { afterAll, beforeAll, expect, it } from 'vitest'
import { EventImporter } from '../../../../shared/event-store/index.ts'
import { noColumns } from '../../../../shared/postgres/index.ts'
import type { Database } from '../../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { line, openImporterStage, short } from './importer-stage.ts'
import type { ImporterStage } from './importer-stage.ts'

const LINES = 100

let stage: ImporterStage
/** One connection, which keeps the plans that it made on the empty log. */
let connection: Database
let acme: TenantContext

beforeAll(async () => {
  stage = await openImporterStage()
  connection = stage.database.pool('trickle_app', 1)
  acme = await stage.database.tenant('acme')
})
afterAll(() => stage.database.drop())

async function importBatches(from: number, to: number): Promise<void> {
  const importer = new EventImporter(connection, false)
  for (let batch = from; batch < to; batch += 1) {
    const ids = Array.from({ length: LINES }, (_, index) => `e-${batch * LINES + index}`)
    expect(new Set(short(await importer.importBatch(ids.map((id) => line(acme, id, id)))))).toEqual(
      new Set(['appended']),
    )
  }
  // Counters are told at the end of a statement, and here at once.
  await connection.query({
    name: 'flush',
    text: 'select pg_stat_force_next_flush()',
    columns: noColumns,
    values: [],
  })
}

/** How often the index of the feed and that of ids were used to look something up, by all partitions. */
async function lookUps(): Promise<{ feed: number; ids: number }> {
  const { rows } = await stage.admin.query<{ feed: number; ids: number }>(
    `select sum(idx_scan) filter (where indexrelname ~ 'xid')::int as feed,
        sum(idx_scan) filter (where indexrelname ~ 'event_id')::int as ids
      from pg_stat_user_indexes where schemaname = 'trickle_events_log' and relname ~ '^events_p'`,
  )
  return rows[0] ?? { feed: 0, ids: 0 }
}

it('the import of a new tenant comes to look each id up by its own index, with no ANALYZE between', async () => {
  // While the log is as small as this, reading all of the tenant's events costs no more than the look-up.
  await importBatches(0, 15)
  const before = await lookUps()
  await importBatches(15, 20)
  const after = await lookUps()
  expect({ feed: after.feed - before.feed, ids: after.ids - before.ids }).toEqual({ feed: 0, ids: 5 * LINES })
})
