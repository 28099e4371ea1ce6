import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ActionList, operatorAction, recordAction } from '../../../shared/audit/index.ts'
import type { OperatorAction } from '../../../shared/audit/index.ts'
import { EventImporter, LogOperations } from '../../../shared/event-store/index.ts'
import type { ImportLine } from '../../../shared/event-store/index.ts'
import { SubscriptionOperations } from '../../../shared/subscriptions/index.ts'
import { TenantRegistry } from '../../../shared/tenancy/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'

let database: TestDatabase
let registry: TenantRegistry
let list: ActionList

beforeAll(async () => {
  database = await createDatabase()
  const operator = database.pool('trickle_operator')
  registry = new TenantRegistry(operator)
  list = new ActionList(operator)
})
afterAll(() => database.drop())

let action: OperatorAction
beforeEach(() => {
  const caller = { issuer: 'https://login.example', subject: 'olga', application: 'cockpit' }
  action = operatorAction('tried-by-a-test', caller, randomUUID())
})

/** The rows of the action of the running test. */
const recorded = async () =>
  (await list.page(null, 1_000)).actions.filter(({ traceId }) => traceId === action.traceId)
const slugOf = (): string => `t-${randomUUID()}`
const keyOf = (key: string) => ({ key, fingerprint: Buffer.from('f') })
const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

/** The check of the table refuses its row, as a full disk or a lost connection would. */
const unrecordable = (): OperatorAction => ({ ...action, subject: 'x'.repeat(256) })

describe('an action', () => {
  it('is recorded with who, what, on which tenant, and when', async () => {
    const slug = slugOf()
    const { result } = await registry.create({ slug }, null, action)
    expect(await recorded()).toEqual([
      {
        id: expect.stringMatching(/^\d+$/) as string,
        recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/) as string,
        action: 'tried-by-a-test',
        outcome: 'done',
        issuer: 'https://login.example',
        subject: 'olga',
        application: 'cockpit',
        tenantId: result.id,
        target: slug,
        detail: null,
        traceId: action.traceId,
      },
    ])
  })

  it('with long texts has as much of them as its row takes', async () => {
    const long = { target: 't'.repeat(301), detail: 'd'.repeat(5_000) }
    await database.pool('trickle_operator', 1).transaction((run) => recordAction(run, action, long))
    expect(await recorded()).toMatchObject([{ target: 't'.repeat(300), detail: 'd'.repeat(300) }])
  })

  it('that was refused leaves no row', async () => {
    const slug = slugOf()
    await registry.create({ slug })
    expect(await codeOf(registry.create({ slug }, null, action))).toBe('TENANT_EXISTS')
    expect(await codeOf(registry.setStatus('nobody', 'suspended', { action }))).toBe('TENANT_NOT_FOUND')
    const subscriptions = new SubscriptionOperations(database.pool('trickle_operator', 1))
    expect(await codeOf(subscriptions.pause('nobody', action))).toBe('SUBSCRIPTION_NOT_FOUND')
    expect(await recorded()).toEqual([])
  })

  it('that is told again by its key was done once, and has one row', async () => {
    const slug = slugOf()
    const tries = await Promise.all([1, 2, 3].map(() => registry.create({ slug }, keyOf(slug), action)))
    expect(tries.filter(({ replayed }) => replayed)).toHaveLength(2)
    expect(await recorded()).toHaveLength(1)
  })

  it('on several tenants has a row for each, and on none one', async () => {
    const slugs = [slugOf(), slugOf()].map((slug) => ({ slug }))
    await registry.createMissing(slugs, null, action)
    expect((await recorded()).map(({ tenantId }) => tenantId !== null)).toEqual([true, true])
    const again = { ...action, requestId: randomUUID(), traceId: randomUUID() }
    action = again
    await registry.createMissing(slugs, null, again)
    expect(await recorded()).toMatchObject([{ tenantId: null, detail: '0 of 2 created' }])
  })
})

describe('an action whose row cannot be written', () => {
  it('on tenants is not done', async () => {
    const [slug, other, third] = [slugOf(), slugOf(), slugOf()]
    await registry.create({ slug })
    expect(await codeOf(registry.create({ slug: other }, null, unrecordable()))).toBe('INTERNAL')
    expect(await codeOf(registry.create({ slug: other }, keyOf(other), unrecordable()))).toBe('INTERNAL')
    expect(await codeOf(registry.createMissing([{ slug: third }], null, unrecordable()))).toBe('INTERNAL')
    expect(await codeOf(registry.setStatus(slug, 'suspended', { action: unrecordable() }))).toBe('INTERNAL')
    const found = await registry.list('', 1_000)
    const statuses = [slug, other, third].map((name) => found.find((tenant) => tenant.slug === name)?.status)
    expect(statuses).toEqual(['active', undefined, undefined])
  })

  it('on the log is not done', async () => {
    const log = new LogOperations(database.pool('trickle_operator', 1))
    const before = await log.status()
    const begun = { reason: 'a test', point: { from: 'end' } as const }
    expect(await codeOf(log.beginEpoch(begun, null, unrecordable()))).toBe('INTERNAL')
    expect((await log.status()).epoch).toEqual(before.epoch)
  })

  it('on a subscription is not done', async () => {
    const admin = await database.client('admin')
    await admin.query("select trickle_subscriptions_state.acquire('audited', 0, 'somebody', 60000)")
    const subscriptions = new SubscriptionOperations(database.pool('trickle_operator', 1))
    expect(await codeOf(subscriptions.pause('audited', unrecordable()))).toBe('INTERNAL')
    expect((await subscriptions.get('audited')).state).toBe('running')
    await subscriptions.pause('audited', action)
    expect(await recorded()).toMatchObject([{ target: 'audited', tenantId: null }])
  })

  it('of an import is not done', async () => {
    const tenant = await database.tenant(slugOf())
    const importer = new EventImporter(database.pool('trickle_operator', 1), true)
    const line: ImportLine = { tenant, streamId: 's', event: { id: 'e1', type: 'Imported', data: {} } }
    expect(await codeOf(importer.importBatch([line], unrecordable()))).toBe('INTERNAL')
    expect(await importer.importBatch([line], action)).toEqual([{ outcome: 'appended' }])
    // As after a lost answer: the batch is sent again under the same request.
    expect(await importer.importBatch([line], action)).toEqual([{ outcome: 'duplicate' }])
    expect(await recorded()).toMatchObject([{ outcome: 'begun', tenantId: null }])
  })
})

describe('an import whose first lines the database refuses', () => {
  it('has its row all the same, so that what comes after is not without one', async () => {
    const tenant = await database.tenant(slugOf())
    const importer = new EventImporter(database.pool('trickle_operator', 1), true)
    const admin = await database.client('admin')
    await admin.query(
      "alter table trickle_events_log.events add constraint of_a_test check (type <> 'Refused') not valid",
    )
    const lineOf = (id: string, type: string): ImportLine => ({
      tenant,
      streamId: 's',
      event: { id, type, data: {} },
    })
    const outcomes = await importer.importBatch([lineOf('r1', 'Refused'), lineOf('r2', 'Refused')], action)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected'])
    expect(await recorded()).toHaveLength(1)
    const mixed = [lineOf('g1', 'Good'), lineOf('r3', 'Refused'), lineOf('g2', 'Good')]
    const after = await importer.importBatch(mixed, action)
    expect(after.map(({ outcome }) => outcome)).toEqual(['appended', 'rejected', 'appended'])
    expect(await recorded()).toHaveLength(1)
    await admin.query('alter table trickle_events_log.events drop constraint of_a_test')
  })
})

describe('the record', () => {
  it('is read in pages, the newest first', async () => {
    const slugs = Array.from({ length: 5 }, slugOf)
    for (const slug of slugs) await registry.create({ slug }, null, { ...action, requestId: randomUUID() })
    const seen: (string | null)[] = []
    for (let before: string | null = null; ;) {
      const page = await list.page(before, 2)
      seen.push(...page.actions.map(({ target }) => target))
      before = page.next
      if (before === null) break
    }
    expect(seen.slice(0, 5)).toEqual(slugs.toReversed())
    expect(seen).toHaveLength((await list.page(null, 1_000)).actions.length)
  })

  it.each([
    'trickle_operator',
    'trickle_app',
    'trickle_worker',
    'trickle_forwarder',
    'trickle_migrator',
  ] as const)('can be changed or shortened by nobody: not by %s', async (login) => {
    const client = await database.client(login)
    const table = 'trickle_operations_audit.actions'
    for (const text of [
      `update ${table} set subject = 'somebody'`,
      `update ${table} set recorded_at = now()`,
      `delete from ${table}`,
      `truncate ${table}`,
      `insert into ${table} (request_id, recorded_at, action, outcome, issuer, subject, trace_id)
          values (gen_random_uuid(), '2020-01-01', 'a', 'done', 'i', 's', 't')`,
      `insert into ${table} (action_id, request_id, action, outcome, issuer, subject, trace_id)
          overriding system value values (1, gen_random_uuid(), 'a', 'done', 'i', 's', 't')`,
    ])
      expect([text, await codeOf(client.query(text))]).toEqual([text, '42501'])
    const reads = await codeOf(client.query(`select 1 from ${table}`))
    expect(reads).toBe(login === 'trickle_operator' ? 'done' : '42501')
  })
})
