import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { lines } from './catalog-rule.ts'
import { callableBy } from './function-rules.ts'
import { bind, CONTEXTS, seedTenants } from './isolation-support.ts'
import type { Context, Pair } from './isolation-support.ts'

/**
 * A call of each function that the app can execute, made by the tenant $1 with everything that could lead it astray: ids,
 * keys and streams that the other tenant uses as well. A function that is not here fails the test below.
 */
const calls: Readonly<Record<string, string>> = {
  'trickle_events_log.append(uuid,text[],text[],bigint[],integer,jsonb,text,text,text,bytea,jsonb)': `trickle_events_log.append($1, array['s'], null, array[-1], 1,
      '[{"s": 1, "id": "new-id", "type": "T", "data": 1}]', null, null, 'new-key', 'f',
      '[{"s": 1, "set": "shared-set", "value": "new-name", "release": false}]')`,
  'trickle_events_log.lock_for_write(uuid,text[],text[],integer,jsonb)': `trickle_events_log.lock_for_write($1, '{r}', '{s}', 1, null)`,
  'trickle_events_log.append_batch(uuid[],text[],text[],bigint[],integer[],jsonb,text[],text[],text[],bytea[],boolean[],integer[])': `trickle_events_log.append_batch(array[$1::uuid], array['s'],
      array[null::text], array[-1::bigint], array[1], '[{"s": 1, "n": 1, "id": "new-id", "type": "T", "data": 1}]', array[null::text], array[null::text], array['new-key'],
      array['f'::bytea], array[true], array[1])`,
  'trickle_events_log.find_append(uuid,text[],jsonb)': `trickle_events_log.find_append($1, array['s'], '[{"s": 1, "id": "shared-id", "type": "Seeded"}]')`,
  'trickle_events_log.import_events(uuid,json)': `trickle_events_log.import_events($1, '[{"n": 0, "t": 1, "streamId": "s", "id": "i", "type": "T", "data": 1}]')`,
  'trickle_events_log.read_stream(uuid,text,bigint,bigint,boolean,text[],integer,integer,integer)': `trickle_events_log.read_stream($1, 's', 1, 100, false, null, 100, 100, 1000000)`,
  'trickle_events_log.read_tenant_feed(uuid,xid8,bigint,timestamp with time zone,text[],text[],integer,integer,integer,boolean)': `trickle_events_log.read_tenant_feed($1, '0', 0, '-infinity', null, null, 1000, 1000, 1000000, true)`,
  'trickle_events_log.since_checkpoint(uuid,timestamp with time zone,xid8)': `trickle_events_log.since_checkpoint($1, '-infinity', '9223372036854775807')`,
  'trickle_events_log.stream_info(uuid,text)': `trickle_events_log.stream_info($1, 's')`,
  'trickle_tenants_state.bind_tenant(uuid)': 'trickle_tenants_state.bind_tenant($1)',
  'trickle_tenants_state.current_tenant_id()': 'trickle_tenants_state.current_tenant_id()',
  'trickle_tenants_state.find_tenant(text,text)': "trickle_tenants_state.find_tenant($1::text, 'any')",
  'trickle_events_log.lock_class()': 'trickle_events_log.lock_class()',
  'trickle_events_log.event_json(text,text,text,bigint,text,timestamp with time zone,timestamp with time zone,text,integer,text,text,text,jsonb,jsonb)':
    "trickle_events_log.event_json('i', '', 's', 1, 'T', now(), now(), null, 1, null, null, null, '{}', null)",
  'trickle_events_log.may_fit(jsonb,integer)': "trickle_events_log.may_fit('{}', 1000)",
  'trickle_events_log.refuse_outcome(text)': "trickle_events_log.refuse_outcome('any')",
  'trickle_events_log.refuse_rows(bigint,integer,integer)': 'trickle_events_log.refuse_rows(1, 2, 1)',
  'trickle_events_log.feed_horizon()': 'trickle_events_log.feed_horizon()',
  'trickle_events_log.current_epoch()': 'trickle_events_log.current_epoch()',
  'trickle_events_log.seal_keys()': 'trickle_events_log.seal_keys()',
}
/** The logins that write for one tenant at a time. */
const LOGINS_OF_TENANTS = ['trickle_app', 'trickle_worker'] as const
type TenantLogin = (typeof LOGINS_OF_TENANTS)[number]
/** Imports come in by HTTP alone. */
const OF_APP_ALONE = 'trickle_events_log.import_events(uuid,json)'
const withTenant = Object.keys(calls).filter((name) => /\(uuid\W/.test(name))
const isBatch = (name: string): boolean => name.includes('(uuid[]')
const firstOf = (name: string): string => Object.keys(calls).find((call) => call.includes(`.${name}(`)) ?? ''

let database: TestDatabase
let admin: Client
let pair: Pair

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await seedTenants(admin)
  const [own = '', other = ''] = await lines(
    admin,
    'select tenant_id::text from trickle_tenants_state.tenants order by slug limit 2',
  )
  pair = { own, other }
})
afterAll(() => database.drop())

/** A digest of everything that is kept of a tenant. */
const contentOf = (tenant: string): Promise<string[]> =>
  lines(
    admin,
    `select md5(string_agg(x, '|' order by x)) from (
       select to_jsonb(e)::text from trickle_events_log.events e where e.tenant_id = $1
       union all select to_jsonb(s)::text from trickle_events_log.streams s where s.tenant_id = $1
       union all select to_jsonb(n)::text from trickle_events_log.names n where n.tenant_id = $1
       union all select to_jsonb(r)::text from trickle_commands_log.receipts r where r.tenant_id = $1
       union all select to_jsonb(t)::text from trickle_tenants_state.tenants t where t.tenant_id = $1) as content (x)`,
    [tenant],
  )

interface Outcome {
  /** SQLSTATE, or '' when it answered. */
  readonly code: string
  readonly answer: string
  readonly ownChanged: boolean
  readonly otherChanged: boolean
}

/** Calls a function for `tenant` as a login, in a transaction that is bound as `context` says, and undoes it. */
async function call(
  name: string,
  context: Context,
  tenant: string | null,
  login: TenantLogin = 'trickle_app',
): Promise<Outcome> {
  await admin.query('begin')
  try {
    const before = [await contentOf(pair.own), await contentOf(pair.other)]
    await admin.query('savepoint before_call')
    await admin.query(`set local role ${login}; set local search_path = ''`)
    await bind(admin, context, pair)
    const text = `select f::text from ${calls[name] ?? ''} f where $1::uuid is null or true`
    let code = ''
    let answer = ''
    try {
      const { rows } = await admin.query<[string]>({ text, values: [tenant], rowMode: 'array' })
      answer = rows.flat().join('\n')
    } catch (error) {
      code = (error as { code?: string }).code ?? 'none'
      await admin.query('rollback to before_call')
    }
    await admin.query('reset role')
    const after = [await contentOf(pair.own), await contentOf(pair.other)]
    const changed = before.map((digest, index) => JSON.stringify(digest) !== JSON.stringify(after[index]))
    return { code, answer, ownChanged: changed[0] ?? false, otherChanged: changed[1] ?? false }
  } finally {
    await admin.query('rollback')
  }
}

it('knows a call of every function that the app can execute', async () => {
  expect(await callableBy(admin, 'trickle_app')).toEqual(Object.keys(calls).sort())
})

it('lets the worker, with which queues append, execute the same ones, without imports', async () => {
  const ofWorker = (await callableBy(admin, 'trickle_worker')).filter((name) => Object.hasOwn(calls, name))
  expect(Object.keys(calls).filter((name) => !ofWorker.includes(name))).toEqual([OF_APP_ALONE])
})

const tenantCases = LOGINS_OF_TENANTS.flatMap((login) =>
  withTenant
    .filter((name) => login === 'trickle_app' || name !== OF_APP_ALONE)
    .map((name) => [login, name] as const),
)

describe.each(tenantCases)('%s: %s', (login, name) => {
  it('works for its tenant, bound or not yet bound, and touches nothing of another', async () => {
    // A batch serves several tenants, so it goes with none that is bound.
    const works: Context[] = isBatch(name) ? ['unset'] : ['own', 'unset']
    for (const context of works) {
      const outcome = await call(name, context, pair.own, login)
      expect(outcome).toMatchObject({ code: '', otherChanged: false })
      expect(outcome.answer).not.toContain(`secret of ${pair.other}`)
    }
  })

  it.each([
    ['of another tenant', 'other'],
    ['of a malformed tenant', 'malformed'],
  ] as const)('refuses a transaction %s', async (_what, context) => {
    expect(await call(name, context, pair.own, login)).toEqual({
      code: 'TK001',
      answer: '',
      ownChanged: false,
      otherChanged: false,
    })
  })

  it('refuses to be called for nobody', async () => {
    for (const context of CONTEXTS) {
      expect((await call(name, context, null, login)).code).toBe('TK001')
    }
  })
})

/** Functions that do nothing but end a transaction, and the SQLSTATE of each. */
const refusals: Readonly<Record<string, string>> = {
  'trickle_events_log.refuse_outcome(text)': 'TK005',
  'trickle_events_log.refuse_rows(bigint,integer,integer)': 'TK006',
}

describe('functions without a tenant', () => {
  it.each(
    LOGINS_OF_TENANTS.flatMap((login) =>
      Object.keys(calls)
        .filter((name) => !withTenant.includes(name))
        .map((name) => [login, name] as const),
    ),
  )('%s: %s shows nothing that a tenant wrote, in any context', async (login, name) => {
    for (const context of CONTEXTS) {
      const outcome = await call(name, context, pair.own, login)
      expect(outcome).toMatchObject({ ownChanged: false, otherChanged: false })
      expect(outcome.answer).not.toContain(`secret of ${pair.other}`)
      const mayFail = context === 'malformed' && name.includes('current_tenant_id')
      expect(outcome.code).toBe(mayFail ? '22P02' : (refusals[name] ?? ''))
    }
  })
})

describe('the check itself', () => {
  it('sees what a function reads and writes for its own tenant', async () => {
    expect(await call(firstOf('append'), 'own', pair.own)).toMatchObject({ code: '', ownChanged: true })
    expect((await call(firstOf('read_stream'), 'own', pair.own)).answer).toContain(`secret of ${pair.own}`)
  })

  it('sees a function that gives another tenant away', async () => {
    await admin.query(`create or replace function trickle_tenants_state.bind_tenant(p_tenant uuid) returns void language plpgsql volatile
      as $$ begin perform set_config('app.tenant_id', p_tenant::text, true); end $$`)
    const leaking = await call('trickle_events_log.stream_info(uuid,text)', 'other', pair.own)
    expect(leaking.code).not.toBe('TK001')
  })
})
