import { describe, expect, it } from 'vitest'
import { poolSizesOf } from '../../functions/login-pools.ts'
import type { LoginName } from '../../functions/login-pools.ts'
import { createPlatform } from '../../functions/platform.ts'
import type { Databases } from '../../functions/platform.ts'
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

const databasesOf = (side: RunsOn, { without }: { without?: string } = {}): Databases => {
  const environment = Object.entries({ ...everything, TRICKLE_SIDE: side }).filter(
    ([name]) => name !== without,
  )
  return createPlatform({
    readSettings: () => parseSettings(Object.fromEntries(environment)),
    report: () => undefined,
  }).databases
}

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

  it('of the background app are the others, and that of tenants only where it was given', () => {
    const databases = databasesOf('background', { without: 'TRICKLE_POSTGRES_APP_URL' })
    expect(openable(databases)).toEqual(['worker', 'forwarder', 'operator', 'subscriptions', 'probe'])
    expect(databases.probe).toBe(databases.operator)
    expect(() => databases.app).toThrow('TRICKLE_POSTGRES_APP_URL: the background app has no such login')
    expect(openable(databasesOf('background'))).toEqual(LOGINS)
  })
})

describe('the settings of contexts', () => {
  it.each<[Side, string[]]>([
    ['public', ['TRICKLE_EVENTS_SSE_VIEWERS_MAX']],
    ['background', ['TRICKLE_EVENTS_SSE_VIEWERS_MAX', 'TRICKLE_FORWARDING_SCHEDULE']],
  ])('of the %s app are those of contexts that work there', (side, names) => {
    expect(Object.keys(product().settingsIn(side))).toEqual(names)
    expect(product().settingsIn('both')).toEqual(product().settings)
  })
})

/** Summed up in docs/azure/postgres-settings.md. */
describe('the connections of an instance', () => {
  const sum = (app: RunsOn, logins: readonly LoginName[]): number =>
    logins.reduce((total, login) => total + poolSizesOf(login, app).connectionsMax, 0)
  /** A timer or a queue has instances of its own: one opens the pool of one login, beside the operator's. */
  const background = Math.max(
    ...(['APP', 'WORKER', 'FORWARDER'] as const).map((login) => sum('background', [login, 'OPERATOR'])),
  )
  /** Flex Consumption accepts no lower maximum of an app than this. */
  const INSTANCES = 40
  /** max_connections of the size dev, which has no pooler. */
  const SERVER = 429
  /** 15 that the platform keeps, and 35 for migrations, administrators and tools. */
  const KEPT = 50

  it('of both apps are as many as those of one app, and fit the smallest server', () => {
    expect([sum('public', ['APP']), background]).toEqual([5, 4])
    expect(sum('public', ['APP']) + background).toBe(sum('both', ['APP', 'WORKER', 'OPERATOR']))
    expect((5 + 4) * INSTANCES + KEPT).toBeLessThan(SERVER)
  })
})
