import { describe, expect, it } from 'vitest'
import { healthRoutes } from '../../../functions/health/routes.ts'
import { callerOf, member, RecordedOperations, subscription } from './support.ts'

const epoch = {
  epoch: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
  beganAt: '2026-11-21T12:00:00Z',
  ordinal: 1,
  reason: 'the log begins',
  beganXid: '0',
  beganPosition: '0',
}
const status = {
  epoch,
  horizon: { xid: '9', isHeld: true, ageSeconds: 4.5, seesSessions: true },
  eventsBehind: { count: 2, isLowerBound: false, oldestRecordedAt: null },
}

const parked = {
  messages: 3,
  isLowerBound: false,
  oldestAt: '2026-11-21T12:00:00Z',
  queues: [{ queue: 'trickle-commands', messages: 3, oldestAt: '2026-11-21T12:00:00Z' }],
}

/** Services of which only the operator's part answers: the public part then says that the database is away. */
const servicesWith = (
  log: () => Promise<unknown>,
  list: () => Promise<unknown>,
  seesDetail = true,
  open = (): Promise<unknown> => Promise.resolve(parked),
) =>
  ({
    logOperations: { status: log },
    subscriptionOperations: { list },
    parkedMessages: { open },
    clock: { nowMs: () => Date.parse('2026-11-21T12:01:00Z') },
    seesDetail,
    get database() {
      throw new Error('the database is away')
    },
    checkConfiguration: () => undefined,
    reachability: () => [{ login: 'worker', isReachable: false, nextProbeMs: 249.6 }],
  }) as never

const publicAnswer = {
  status: 'unavailable',
  checks: { configuration: 'ok', database: 'unavailable', migrations: 'unavailable', logins: 'unavailable' },
}

const databases = [{ login: 'worker', isReachable: false, nextProbeSeconds: 0.25 }]

describe('readiness', () => {
  const operations = new RecordedOperations()
  const callWith = (
    log = () => Promise.resolve<unknown>(status),
    list = (): Promise<unknown> => operations.list(),
  ) => callerOf(healthRoutes(() => servicesWith(log, list)))

  it('is told without detail to everybody but operators', async () => {
    const call = callWith()
    for (const roles of [null, 'reader,admin@acme', '@acme']) {
      const answer = await call('health-ready', { roles })
      expect([answer.status, answer.json]).toEqual([503, publicAnswer])
    }
  })

  it('is told without detail to operators, too, by an app that has not their login', async () => {
    const list = (): Promise<unknown> => Promise.reject(new Error('must not be asked'))
    const call = callerOf(healthRoutes(() => servicesWith(list, list, false)))
    expect((await call('health-ready')).json).toEqual(publicAnswer)
  })

  it('is told to operators with what stands still', async () => {
    const stopped = subscription({
      name: 'stopped',
      state: 'stopped',
      error: 'the log has begun a new epoch',
    })
    const failing = subscription({
      name: 'failing',
      members: [member(), member({ member: 1, failures: 3, error: 'e' })],
    })
    const call = callWith(undefined, () => Promise.resolve([subscription(), stopped, failing]))
    const { json } = await call('health-ready')
    expect(json).toEqual({
      ...publicAnswer,
      detail: {
        logins: null,
        databases,
        log: {
          epoch: epoch.epoch,
          epochBeganAt: epoch.beganAt,
          horizonIsHeld: true,
          horizonAgeSeconds: 4.5,
          eventsBehind: 2,
        },
        subscriptions: [
          {
            name: 'stopped',
            state: 'stopped',
            error: stopped.error,
            failures: 0,
            lagEvents: 3,
            lagSeconds: 1.5,
          },
          { name: 'failing', state: 'running', error: 'e', failures: 3, lagEvents: 3, lagSeconds: 1.5 },
        ],
        parkedMessages: {
          count: 3,
          isLowerBound: false,
          oldestAgeSeconds: 60,
          queues: [{ queue: 'trickle-commands', count: 3, oldestAgeSeconds: 60 }],
        },
      },
    })
  })

  it('is told to operators when the detail can not be had', async () => {
    const away = (): Promise<unknown> => Promise.reject(new Error('away'))
    const list = (): never => {
      throw new Error('away')
    }
    const call = callerOf(healthRoutes(() => servicesWith(away, list, true, away)))
    const answer = await call('health-ready')
    expect([answer.status, answer.json]).toEqual([
      503,
      {
        ...publicAnswer,
        detail: { logins: null, databases, log: null, subscriptions: null, parkedMessages: null },
      },
    ])
  })

  it('does not wait for ever for the detail', async () => {
    const call = callWith(() => new Promise(() => {}))
    expect((await call('health-ready')).json).toMatchObject({ detail: { log: null, subscriptions: [] } })
  })
})
