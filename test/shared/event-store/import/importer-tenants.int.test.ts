import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EventImporter } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { eventually } from '../../../support/eventually.ts'
import { line, openImporterStage, short } from './importer-stage.ts'
import type { ImporterStage } from './importer-stage.ts'
import { readWhole } from '../support.ts'

let database: ImporterStage['database']
let admin: ImporterStage['admin']
let registry: ImporterStage['registry']
let store: ImporterStage['store']
let ofTenant: ImporterStage['ofTenant']
let ofOperator: ImporterStage['ofOperator']

beforeAll(async () => {
  ;({ database, admin, registry, store, ofTenant, ofOperator } = await openImporterStage())
})
afterAll(() => database.drop())

describe('an import over many tenants', () => {
  it('takes 500 lines of 300 tenants in one batch, each into its own log', async () => {
    const slugs = Array.from({ length: 300 }, (_, index) => `many-${index}`)
    await registry.createMissing(slugs.map((slug) => ({ slug })))
    const contexts = [...(await registry.contextsBySlug(slugs)).values()]
    expect(contexts).toHaveLength(300)
    const lines = Array.from({ length: 500 }, (_, index) =>
      line(contexts[index % 300] as TenantContext, 'same', 'same-'.concat(String(Math.floor(index / 300)))),
    )
    expect(new Set(short(await ofOperator.importBatch(lines)))).toEqual(new Set(['appended']))
    expect(new Set(short(await ofOperator.importBatch(lines)))).toEqual(new Set(['duplicate']))
    const { rows } = await admin.query(
      `select count(*)::int as events, count(distinct tenant_id)::int as tenants, max(version)::int as version,
          bool_and(data ->> 'of' = event_id) as kept
        from trickle_events_log.events where stream_id = 'same'`,
    )
    expect(rows).toEqual([{ events: 500, tenants: 300, version: 2, kept: true }])
    const [first] = contexts
    expect(await readWhole(store, first as TenantContext, 'same')).toHaveLength(2)
  })

  it('rejects the lines of those who may not write, and writes the others', async () => {
    const [good, slow, gone] = [
      await database.tenant('good'),
      await database.tenant('slow'),
      await database.tenant('gone'),
    ]
    await registry.setStatus('slow', 'suspended')
    await admin.query('delete from trickle_tenants_state.tenants where tenant_id = $1', [gone.tenantId])
    const lines = [slow, good, gone, good, slow].map((tenant, index) => line(tenant, 's', `x${index}`))
    expect(short(await ofOperator.importBatch(lines))).toEqual([
      'TENANT_SUSPENDED',
      'appended',
      'TENANT_UNKNOWN',
      'appended',
      'TENANT_SUSPENDED',
    ])
    const { rows } = await admin.query('select from trickle_events_log.events where tenant_id = any ($1)', [
      [slow.tenantId, gone.tenantId],
    ])
    expect(rows).toEqual([])
  })

  it('is not for a tenant, neither by the library nor by the database', async () => {
    const [acme, bolt] = [await database.tenant('acme'), await database.tenant('bolt')]
    await expect(ofTenant.importBatch([line(acme, 's', '1'), line(bolt, 's', '1')])).rejects.toBeInstanceOf(
      TypeError,
    )
    await expect(
      new EventImporter(database.pool('trickle_app', 1), true).importBatch([line(acme, 's', '1')]),
    ).rejects.toMatchObject({ code: 'INTERNAL', cause: { code: '42501' } })
    await expect(
      new EventImporter(database.pool('trickle_operator', 1), false).importBatch([line(acme, 's', '1')]),
    ).rejects.toMatchObject({ code: 'INTERNAL', cause: { code: '42501' } })
  })

  it('lets no stream id in that could pass for another member', async () => {
    const acme = await database.tenant('odd')
    const lines = [line(acme, 'a","id":"smuggled', 'honest'), line(acme, 'a', 'good')]
    expect(short(await ofOperator.importBatch(lines))).toEqual(['INVALID_STREAM_ID', 'appended'])
    const { rows } = await admin.query(
      'select stream_id, event_id from trickle_events_log.events where tenant_id = $1',
      [acme.tenantId],
    )
    expect(rows).toEqual([{ stream_id: 'a', event_id: 'good' }])
  })
})

describe('an import that loses a race to an append', () => {
  it('is judged again when an append has taken its id in the meantime', async () => {
    const acme = await database.tenant('late')
    const rival = await database.client('trickle_app')
    await rival.query('begin')
    await rival.query(
      `select trickle_events_log.append($1, array['rival'], null, array[-1], 1, '[{"s": 1, "id": "contested", "type": "T", "data": 1}]', null, null, null, null)`,
      [acme.tenantId],
    )
    const importing = ofOperator.importBatch([line(acme, 's', 'free'), line(acme, 's', 'contested')])
    await eventually(
      async () =>
        (await admin.query("select from pg_locks where not granted and locktype = 'transactionid'")).rowCount,
    ).toBeGreaterThan(0)
    await rival.query('commit')
    expect(short(await importing)).toEqual(['appended', 'EVENT_ID_EXISTS'])
  })
})
