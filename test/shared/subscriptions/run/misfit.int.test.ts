import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noColumns } from '../../../../shared/postgres/index.ts'
import { runSubscription, SubscriptionOperations } from '../../../../shared/subscriptions/index.ts'
import type { Subscription, SubscriptionProblem } from '../../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { ample, labels, parkedStates, Recorder, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { effectsOf, noting, openProjectionStage, plain } from '../projection/support.ts'

let stage: Stage
let operations: SubscriptionOperations
let acme: TenantContext
let bolt: TenantContext

const OBJECTS = `
  create schema closed;
  create table closed.orders (id int);
  create table public.secret (id int);
  create table public.numbered (id serial, n int);
  grant insert (n) on public.numbered to trickle_worker;
  create table public.triggered (id int);
  grant insert on public.triggered to trickle_worker;
  create function public.copy_row() returns trigger language plpgsql as $$
    begin insert into public.copies values (new.id); return new; end $$;
  create trigger copy before insert on public.triggered for each row execute function public.copy_row();
  create function public.refuse() returns void language plpgsql as $$
    begin raise exception 'not this one' using errcode = 'insufficient_privilege'; end $$`

beforeAll(async () => {
  stage = await openProjectionStage()
  await stage.admin.query(OBJECTS)
  operations = new SubscriptionOperations(stage.operator)
  acme = await stage.tenant('acme')
  bolt = await stage.tenant('bolt')
  await stage.append(acme, 's', 5)
  await stage.append(bolt, 't', 5)
})
afterAll(() => stage.database.drop())

/** Runs once and tells what was reported, as `stream version action`. */
async function runTold(subscription: Subscription): Promise<{ outcome: string; told: string[] }> {
  const told: string[] = []
  const onProblem = ({ event, action }: SubscriptionProblem): void => {
    told.push(`${event.streamId} ${event.version} ${action}`)
  }
  const { outcome } = await runSubscription(stage.worker, subscription, { ...ample, onProblem })
  return { outcome, told }
}

/** What the database says to each statement, and the beginning of the remedy. */
const MISFITS: readonly (readonly [name: string, sql: string, says: string, remedy: string])[] = [
  [
    'table',
    'insert into public.nope values (1)',
    'relation "public.nope" does not exist (SQLSTATE 42P01)',
    'Run the migration',
  ],
  ['schema', 'select nope.f(1)', 'schema "nope" does not exist (SQLSTATE 3F000)', 'Run the migration'],
  [
    'column',
    'insert into public.effects (nope) values (1)',
    'column "nope" of relation "effects" does not exist (SQLSTATE 42703)',
    'Run the migration',
  ],
  [
    'function',
    'select public.nope(1)',
    'function public.nope(integer) does not exist (SQLSTATE 42883)',
    'Run the migration',
  ],
  [
    'index',
    'insert into public.effects (version) values (1) on conflict (version) do nothing',
    'no unique or exclusion constraint',
    'Run the migration',
  ],
  [
    'in-trigger',
    'insert into public.triggered values (1)',
    'relation "public.copies" does not exist (SQLSTATE 42P01)',
    'Run the migration',
  ],
  ['right', 'select from public.secret', 'permission denied for table secret (SQLSTATE 42501)', 'Grant it'],
  [
    'schema-right',
    'select from closed.orders',
    'permission denied for schema closed (SQLSTATE 42501)',
    'Grant it',
  ],
  [
    'sequence-right',
    'insert into public.numbered (n) values (1)',
    'permission denied for sequence numbered_id_seq',
    'Grant it',
  ],
  [
    'syntax',
    'insert into public.effects valuess (1)',
    'syntax error at or near "valuess" (SQLSTATE 42601)',
    'Correct the statement',
  ],
]

describe('a projection whose statement does not fit the database', () => {
  it.each(MISFITS)('stops at once for a missing %s and parks nothing', async (name, sql, says, remedy) => {
    const subscription = noting(name, () => [plain(sql)])
    expect(await runTold(subscription)).toEqual({ outcome: 'stopped', told: ['s 1 stopped'] })
    const { state, error, parkedEvents } = await operations.get(name)
    expect([state, parkedEvents]).toEqual(['stopped', 0])
    expect(error).toContain(says)
    expect(error).toContain(remedy)
    expect(error).toMatch(new RegExp(`trickle subscriptions resume ${name}$`))
  })

  it('has the effect of each event once when it is mended and resumed', async () => {
    const subscription = noting('mended', (_events, tenantId) =>
      tenantId === bolt.tenantId ? [plain('select from public.later')] : [],
    )
    expect((await runTold(subscription)).outcome).toBe('stopped')
    // The tenant that needs no such table is not held up.
    expect(await effectsOf(stage.admin, 'mended')).toEqual(labels('s', 1, 5))
    await stage.admin.query('create table public.later (); grant select on public.later to trickle_worker')
    await operations.resume('mended')
    expect((await runToEnd(stage, subscription)).outcome).toBe('done')
    expect(await effectsOf(stage.admin, 'mended', acme.tenantId)).toEqual(labels('s', 1, 5))
    expect(await effectsOf(stage.admin, 'mended', bolt.tenantId)).toEqual(labels('t', 1, 5))
    expect(await operations.get('mended')).toMatchObject({ state: 'running', error: null, parkedEvents: 0 })
  })

  it('stops also where the fault shows only in an event that is tried alone', async () => {
    const subscription = noting('careful', () => [plain('select 1 / 0')], {
      maxAttempts: 1,
      onPoison: 'stop',
    })
    expect((await runTold(subscription)).outcome).toBe('stopped')
    await operations.resume('careful')
    const corrected = noting('careful', () => [plain('select from public.nope')])
    // The last run failed, so this one tries one event at a time.
    await stage.admin.query(
      "update trickle_subscriptions_state.members set failures = 1 where name = 'careful'",
    )
    expect(await runTold(corrected)).toEqual({ outcome: 'stopped', told: ['s 1 stopped'] })
  })
})

describe('a handler whose statement does not fit the database', () => {
  it('stops at the first attempt, with what came before recorded, and goes on there', async () => {
    const recorder = new Recorder()
    let isMissing = true
    recorder.fail = async ({ streamId, version }) => {
      if (isMissing && streamId === 's' && version === 3)
        await stage.worker.query({
          name: 'nope',
          text: 'select from public.nope',
          columns: noColumns,
          values: [],
        })
    }
    const subscription = recorder.define('handler')
    expect(await runTold(subscription)).toEqual({ outcome: 'stopped', told: ['s 3 stopped'] })
    expect(recorder.attempts).toEqual(['s 1 #1', 's 2 #1', 's 3 #1'])
    expect((await operations.get('handler')).error).toContain('relation "public.nope" does not exist')
    isMissing = false
    await operations.resume('handler')
    await runToEnd(stage, subscription)
    expect(recorder.seen).toEqual([...labels('s', 1, 5), ...labels('t', 1, 5)])
  })

  it('stops also for an error of another driver, wrapped by the code', async () => {
    const client = await stage.database.client('trickle_worker')
    const recorder = new Recorder()
    recorder.fail = async () => {
      await client.query('select from public.secret').catch((error: unknown) => {
        throw new Error('the repository failed', { cause: error })
      })
    }
    expect((await runTold(recorder.define('wrapped'))).outcome).toBe('stopped')
    expect((await operations.get('wrapped')).error).toContain('permission denied for table secret')
  })

  it('stops while a parked event is handled again; the event keeps its turn', async () => {
    const recorder = new Recorder()
    let sql = 'select 1 / 0'
    recorder.fail = async ({ streamId, version }) => {
      if (streamId === 's' && version === 2)
        await stage.worker.query({ name: 'probe', text: sql, columns: noColumns, values: [] })
    }
    const subscription = recorder.define('replayed')
    await runToEnd(stage, subscription)
    sql = 'select from public.nope'
    const [first] = (await operations.parked('replayed', { limit: 1 })).events
    await operations.replay('replayed', first?.parkedId ?? '')
    expect((await runTold(subscription)).outcome).toBe('stopped')
    const { events } = await operations.parked('replayed', { limit: 1 })
    expect(events).toMatchObject([
      { version: 2, state: 'replay', attempts: 0, error: 'relation "public.nope" does not exist' },
    ])
    sql = 'select 1'
    await operations.resume('replayed')
    await runToEnd(stage, subscription)
    expect(recorder.ofStream('s')).toEqual(labels('s', 1, 5))
  })
})

describe('an error that a value of an event causes', () => {
  it.each([
    ['cast', 'select $1::text::int'],
    ['name-of-an-object', "select to_tsvector($1::text::regconfig, '')"],
    ['policy', 'insert into public.effects (tenant_id, name) select gen_random_uuid(), $1'],
    ['raise', 'select public.refuse() where $1 is not null'],
  ])('parks the event and not the good ones: %s', async (name, text) => {
    const subscription = noting(name, (events) =>
      events.some(({ streamId, version }) => streamId === 's' && version === 2)
        ? [{ ...plain(text), values: ['klingon'] }]
        : [],
    )
    expect((await runToEnd(stage, subscription)).outcome).toBe('done')
    expect((await parkedStates(stage.admin, name)).slice(0, 2)).toEqual(['s 2 parked', 's 3 waiting'])
    expect(await effectsOf(stage.admin, name, bolt.tenantId)).toEqual(labels('t', 1, 5))
  })
})
