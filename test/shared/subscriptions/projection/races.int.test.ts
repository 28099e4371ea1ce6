import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../../../shared/postgres/index.ts'
import { runSubscription, SubscriptionOperations } from '../../../../shared/subscriptions/index.ts'
import { TenantRegistry } from '../../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { hasPgBouncer, requirePgBouncer, startPgBouncer } from '../../../support/pgbouncer.ts'
import { TcpProxy } from '../../../../packages/tcp-proxy/index.ts'
import { until } from '../../postgres/support.ts'
import { ample, labels, parkedStates, runToEnd } from '../group-support.ts'
import type { Stage } from '../group-support.ts'
import { expireLease } from '../support.ts'
import { effectsOf, noting, openProjectionStage, watched } from './support.ts'
import type { WatchedDatabase } from './support.ts'

const TENANTS = 150
const STEP = 'trickle_subscriptions_state.begin_tenant_step'
const FENCE = 'm.fence = p_fence and m.lease_until is not null;'
const PROGRESS = 'where (p.xid, p.position) < (p_first_xid, p_first_position)'

let stage: Stage
let operations: SubscriptionOperations
let acme: TenantContext
const opened: Database[] = []

beforeAll(async () => {
  stage = await openProjectionStage()
  operations = new SubscriptionOperations(stage.operator)
  acme = await stage.tenant('acme')
  for (let n = 0; n < 2; n += 1) await stage.append(acme, 's', 10)
  // Two trips at least.
  for (const tenant of await tenants(TENANTS)) await stage.append(tenant, 'o', 1)
})
afterEach(() => Promise.all(opened.splice(0).map((database) => database.end())))
afterAll(() => stage.database.drop())

const EVENTS = 20 + TENANTS
/** Many at once; a pool for each would need more connections than the server has. */
async function tenants(count: number): Promise<TenantContext[]> {
  const slugs = Array.from({ length: count }, (_, n) => `t${n}`)
  const registry = new TenantRegistry(stage.operator)
  await registry.createMissing(slugs.map((slug) => ({ slug })))
  return [...(await registry.contextsBySlug(slugs)).values()]
}

function opening<D extends Database>(database: D): D {
  opened.push(database)
  return database
}

/** Each effect is there once; what a test has appended itself is left out. */
async function isWhole(name: string): Promise<boolean> {
  const effects = (await effectsOf(stage.admin, name)).filter((label) => !label.startsWith('late '))
  const ofStream = effects.filter((label) => label.startsWith('s '))
  return effects.length === EVENTS && ofStream.join() === labels('s', 1, 20).join()
}

/** The first instance has read its page; before it sends anything another one takes over and does everything. */
async function takenOver(name: string): Promise<unknown> {
  const frozen = opening(watched(stage))
  let taken: Promise<unknown> | undefined
  const take = async (): Promise<void> => {
    await expireLease(stage.admin, name)
    await runToEnd(stage, noting(name))
  }
  frozen.beforeTrip = async () => {
    taken ??= take()
    await taken
  }
  return runSubscription(frozen, noting(name), ample).catch((error: unknown) => error)
}

describe('an instance that was taken over from', () => {
  it('has no effect any more, and none is there twice', async () => {
    expect(await takenOver('taken')).toMatchObject({ outcome: 'busy', events: 0 })
    expect(await isWhole('taken')).toBe(true)
  })

  it('would have none without the fence either: the progress of each tenant stands', async () => {
    await mutateFunction(stage.admin, STEP, FENCE, 'true;')
    await takenOver('by-progress')
    await mutateFunction(
      stage.admin,
      STEP,
      'm.member = p_member and true;',
      `m.member = p_member and ${FENCE}`,
    )
    expect(await isWhole('by-progress')).toBe(true)
  })

  it('would have its effects twice without both', async () => {
    await mutateFunction(stage.admin, STEP, FENCE, 'true;')
    await mutateFunction(stage.admin, STEP, PROGRESS, 'where true')
    await takenOver('unguarded')
    await mutateFunction(
      stage.admin,
      STEP,
      'm.member = p_member and true;',
      `m.member = p_member and ${FENCE}`,
    )
    await mutateFunction(stage.admin, STEP, 'where true', PROGRESS)
    expect((await effectsOf(stage.admin, 'unguarded')).length).toBeGreaterThan(EVENTS)
  })

  /** As above, with a reset and emptied tables in between. */
  async function resetBeside(name: string): Promise<boolean> {
    const frozen = opening(watched(stage))
    let moved: Promise<void> | undefined
    // The second page, so that what comes late is not the beginning.
    await runToEnd(stage, noting(name))
    await stage.append(acme, 'late', 5)
    const reset = async (): Promise<void> => {
      await expireLease(stage.admin, name)
      await operations.pause(name)
      await operations.reset(name)
      await stage.admin.query('delete from public.effects where name = $1', [name])
      await operations.resume(name)
    }
    frozen.beforeTrip = async () => {
      moved ??= reset()
      await moved
    }
    await runSubscription(frozen, noting(name), ample).catch(() => {})
    await runToEnd(stage, noting(name))
    return isWhole(name)
  }

  it('writes nothing into a projection that was reset meanwhile', async () => {
    expect(await resetBeside('reset')).toBe(true)
  })

  it('would write, and have the beginning left out, without the fence', async () => {
    await mutateFunction(stage.admin, STEP, FENCE, 'true;')
    const isRight = await resetBeside('reset-unguarded')
    await mutateFunction(
      stage.admin,
      STEP,
      'm.member = p_member and true;',
      `m.member = p_member and ${FENCE}`,
    )
    expect(isRight).toBe(false)
  })
})

describe('a reset while a step is under way', () => {
  /** A step has begun and is not committed when the operator resets. Returns whether its progress outlived the reset. */
  async function survives(name: string, isGuarded: boolean): Promise<boolean> {
    await runSubscription(stage.worker, noting(name), { timeMs: 60_000, stepsMax: 0 })
    const { rows } = await stage.admin.query<{ fence: string }>(
      `update trickle_subscriptions_state.members set fence = fence + 1, lease_owner = 'frozen',
          lease_until = clock_timestamp() - interval '1 second' where name = $1 returning fence`,
      [name],
    )
    await operations.pause(name)
    const frozen = await stage.database.client('trickle_worker')
    await frozen.query('begin')
    await frozen.query(`select ${STEP}($1, 0, $2, $3, '0', 1, '0', 9, null)`, [
      name,
      rows[0]?.fence,
      acme.tenantId,
    ])
    const reset = operations.reset(name)
    if (isGuarded) {
      await until(
        stage.admin,
        "select exists (select from pg_stat_activity where usename = 'trickle_operator' and wait_event = 'advisory')",
      )
    } else {
      await reset
    }
    await frozen.query('commit')
    await reset
    const found = await stage.admin.query(
      'select from trickle_subscriptions_state.tenant_progress where name = $1',
      [name],
    )
    return found.rowCount === 1
  }

  it('waits for its end, so that nothing of it is left', async () => {
    expect(await survives('under-way', true)).toBe(false)
  })

  it('would not see it without the lock', async () => {
    const lock =
      'perform pg_advisory_xact_lock(trickle_subscriptions_state.step_lock_class(), hashtext(p_name));'
    await mutateFunction(stage.admin, 'trickle_subscriptions_state.move_checkpoints', lock, '-- no lock\n')
    const isLeft = await survives('under-way-unguarded', false)
    await mutateFunction(stage.admin, 'trickle_subscriptions_state.move_checkpoints', '-- no lock', lock)
    expect(isLeft).toBe(true)
  })
})

describe('a process that ends between the tenants and the checkpoint', () => {
  /** Returns how many effects there were when it had ended, before the next one took over. */
  async function crashes(name: string, database: WatchedDatabase): Promise<number> {
    await expect(runSubscription(database, noting(name), ample)).rejects.toThrow('the process ended')
    const { length } = await effectsOf(stage.admin, name)
    await expireLease(stage.admin, name)
    await runToEnd(stage, noting(name))
    return length
  }

  it('leaves nothing to be done twice when all tenants were done', async () => {
    const mortal = opening(watched(stage))
    mortal.diesAt = (what) => what === 'subscription_settle'
    expect(await crashes('crashed', mortal)).toBeGreaterThanOrEqual(EVENTS)
    expect(await isWhole('crashed')).toBe(true)
  })

  it('leaves to the next one what only some of them had done', async () => {
    const mortal = opening(watched(stage))
    mortal.diesAt = (what) => what === 'trip 2'
    const before = await crashes('half', mortal)
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(EVENTS)
    expect(await isWhole('half')).toBe(true)
  })

  it('also where events are set aside: they are parked once, and none is lost', async () => {
    const poisoned = noting('aside', (events) => {
      if (events.some(({ streamId, version }) => streamId === 's' && version === 7)) throw new Error('bad')
      return []
    })
    const mortal = opening(watched(stage))
    mortal.diesAt = (what) => what === 'subscription_settle'
    await expect(runSubscription(mortal, poisoned, ample)).rejects.toThrow('the process ended')
    const parked = await parkedStates(stage.admin, 'aside')
    expect(parked).toHaveLength(14)
    await operations.skip('aside', (await operations.parked('aside', { limit: 1 })).events[0]?.parkedId ?? '')
    await expireLease(stage.admin, 'aside')
    await runToEnd(stage, poisoned)
    await runToEnd(stage, poisoned)
    expect((await effectsOf(stage.admin, 'aside')).filter((label) => label.startsWith('s '))).toEqual([
      ...labels('s', 1, 6),
      ...labels('s', 8, 20),
    ])
  })
})

describe('a lost answer', () => {
  it('of a trip is found out by the progress of its tenants', async () => {
    const proxy = await TcpProxy.start(stage.database.adminUrl)
    const far = opening(
      new Database({
        url: proxy.url(stage.database.url('trickle_worker')),
        connectionsMax: 4,
        statements: 'unnamed',
      }),
    )
    proxy.arm(
      { action: 'cut-response', when: 'begin_tenant_step' },
      { action: 'cut-request', when: 'begin_tenant_step' },
      { action: 'cut-response', when: 'settle' },
    )
    await runSubscription(far, noting('lost'), ample).catch(() => {})
    await expireLease(stage.admin, 'lost')
    await runToEnd(stage, noting('lost'))
    expect(proxy.faultsUsed).toBe(3)
    await proxy.close()
    expect(await isWhole('lost')).toBe(true)
  })
})

requirePgBouncer()

describe.runIf(hasPgBouncer())('by way of PgBouncer', () => {
  it('a projection does the same', async () => {
    const bouncer = await startPgBouncer(stage.database.adminUrl)
    const pooled = opening(
      new Database({
        url: bouncer.url(stage.database.url('trickle_worker')),
        connectionsMax: 3,
        statements: 'unnamed',
      }),
    )
    await runSubscription(pooled, noting('pooled'), ample)
    await bouncer.stop()
    expect(await isWhole('pooled')).toBe(true)
  })
})
