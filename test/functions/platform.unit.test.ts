import { describe, expect, it } from 'vitest'
import { poolSizesOf } from '../../functions/login-pools.ts'
import type { LoginName } from '../../functions/login-pools.ts'
import { createPlatform } from '../../functions/platform.ts'
import type { Databases, Platform } from '../../functions/platform.ts'
import { product } from '../../functions/product.ts'
import { parseSettings } from '../../shared/config/index.ts'
import type { RunsOn, Side } from '../../shared/sides/index.ts'

const LOGINS = ['app', 'worker', 'forwarder', 'operator', 'subscriptions', 'probe'] as const

/** An environment in which nothing is left out: an app must keep to its side by itself. */
const everything = {
  TRICKLE_AUTH_ISSUER: 'https://login.example.com',
  TRICKLE_AUTH_AUDIENCE: 'api://trickle',
  ...Object.fromEntries(
    LOGINS.slice(0, 4).map((login) => [
      `TRICKLE_POSTGRES_${login.toUpperCase()}_URL`,
      `postgres://trickle_${login}@127.0.0.1:1/trickle`,
    ]),
  ),
}

const platformOf = (side: RunsOn): Platform =>
  createPlatform({
    readSettings: () => parseSettings({ ...everything, TRICKLE_SIDE: side }),
    readQueues: () => ({}),
    subscriptionNames: () => [],
    report: () => undefined,
  })
const databasesOf = (side: RunsOn): Databases => platformOf(side).databases

const openable = (databases: Databases): string[] =>
  LOGINS.filter((login) => {
    try {
      return databases[login] !== undefined
    } catch {
      return false
    }
  })

describe('the databases', () => {
  it('of one app are all four logins', () => {
    expect(openable(databasesOf('both'))).toEqual(LOGINS)
  })

  it('of the public app are that of tenants alone, whatever its environment holds', () => {
    const databases = databasesOf('public')
    expect(openable(databases)).toEqual(['app', 'probe'])
    expect(databases.probe).toBe(databases.app)
    expect(() => databases.operator).toThrow(
      'TRICKLE_POSTGRES_OPERATOR_URL: the public app has no such login, and this work needs it.',
    )
  })

  it('of the background app are the others, whatever its environment holds', () => {
    const databases = databasesOf('background')
    expect(openable(databases)).toEqual(['worker', 'forwarder', 'operator', 'subscriptions', 'probe'])
    expect(databases.probe).toBe(databases.operator)
    expect(() => databases.app).toThrow('TRICKLE_POSTGRES_APP_URL: the background app has no such login')
  })
})

describe('what a handler in the background writes by', () => {
  const made = ({ workerEvents, workerWrites, workerTenantsBy }: Platform): readonly unknown[] => [
    workerEvents,
    workerWrites,
    workerTenantsBy('slug'),
  ]

  it.each(['background', 'both'] as const)('is there in the %s app, and made once', (side) => {
    const platform = platformOf(side)
    expect(made(platform)).not.toContain(undefined)
    expect(made(platform)).toEqual(made(platform))
    expect(platform.workerTenantsBy('id')).not.toBe(platform.workerTenantsBy('slug'))
  })

  it('is not there in the public app, nor what requests of tenants use in the background', () => {
    expect(() => platformOf('public').workerEvents).toThrow('TRICKLE_POSTGRES_WORKER_URL: the public app')
    for (const use of [
      ({ events }: Platform) => events,
      ({ writes }: Platform) => writes,
      ({ tenantsBy }: Platform) => tenantsBy('slug'),
    ])
      expect(() => use(platformOf('background'))).toThrow('TRICKLE_POSTGRES_APP_URL: the background app')
  })
})

describe('the settings of contexts', () => {
  const ofEvents = [
    'TRICKLE_EVENTS_SSE_VIEWERS_MAX',
    'TRICKLE_EVENTS_QUEUE_TENANTS',
    'TRICKLE_EVENTS_ORDERED_QUEUE_TENANTS',
  ]
  it.each<[Side, string[]]>([
    ['public', ofEvents],
    ['background', ['TRICKLE_COMMANDS_QUEUE_TENANTS', ...ofEvents, 'TRICKLE_FORWARDING_SCHEDULE']],
  ])('of the %s app are those of contexts that work there', (side, names) => {
    expect(Object.keys(product().settingsIn(side))).toEqual(names)
    expect(product().settingsIn('both')).toEqual(product().settings)
  })
})

/** Summed up in docs/azure/postgres-settings.md. */
describe('the connections of an instance', () => {
  const sum = (logins: readonly LoginName[]): number =>
    logins.reduce((total, login) => total + poolSizesOf(login).connectionsMax, 0)
  /** A timer or a queue has instances of its own: one opens the pool of one login, beside the operator's. */
  const background = Math.max(...(['WORKER', 'FORWARDER'] as const).map((login) => sum([login, 'OPERATOR'])))
  /** Flex Consumption accepts no lower maximum of an app than this. */
  const INSTANCES = 40
  /** max_connections of the size dev, which has no pooler. */
  const SERVER = 429
  /** 15 that the platform keeps, and 35 for migrations, administrators and tools. */
  const KEPT = 50

  it('of both apps are as many as those of one app, and fit the smallest server', () => {
    expect([sum(['APP']), background]).toEqual([5, 4])
    expect(sum(['APP']) + background).toBe(sum(['APP', 'WORKER', 'OPERATOR']))
    expect((5 + 4) * INSTANCES + KEPT).toBeLessThan(SERVER)
  })
})
