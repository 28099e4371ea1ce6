import { describe, expect, test, vi } from 'vitest'
import { firstCommands } from '../../../local/run/announce.ts'
import {
  basicEnvironment,
  functionsSettings,
  roleUrl,
  serviceBusThrough,
  throughAddress,
} from '../../../local/run/environment.ts'
import { pauseAfter } from '../../../local/run/keeper.ts'
import { emptyStatus } from '../../../local/run/status.ts'
import { defaultHome } from '../../../local/run/index.ts'
import { product } from '../../../functions/product.ts'
import { parseSettings } from '../../../shared/config/index.ts'
import { queueConnections } from '../../../shared/context/index.ts'
import type { Side } from '../../../shared/sides/index.ts'

const passwords = {
  trickle_migrator: 'm',
  trickle_app: 'p',
  trickle_worker: 'w',
  trickle_forwarder: 'f',
  trickle_operator: 'o',
  trickle_inspector: 'i',
}

describe('addresses', () => {
  test('a role logs in where the administrator does, keeping what else the url says', () => {
    const url = roleUrl(
      'postgres://admin:secret@db.example:6543/postgres?sslmode=require',
      'trickle',
      'trickle_app',
      passwords,
    )
    expect(url).toBe('postgres://trickle_app:p@db.example:6543/trickle?sslmode=require')
  })

  test('a proxy replaces the address and nothing else', () => {
    expect(throughAddress('postgres://a:b@127.0.0.1:54320/trickle', '127.0.0.1:9')).toBe(
      'postgres://a:b@127.0.0.1:9/trickle',
    )
    expect(throughAddress('http://127.0.0.1:8082/', 'proxy:80')).toBe('http://proxy/')
    expect(throughAddress('http://127.0.0.1:8082', undefined)).toBe('http://127.0.0.1:8082')
    const bus = 'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=n;SharedAccessKey=k;'
    expect(serviceBusThrough(bus, 'proxy:1234')).toBe(bus.replace('127.0.0.1:5672', 'proxy:1234'))
    expect(serviceBusThrough(bus, undefined)).toBe(bus)
  })
})

describe('the environment of parts', () => {
  const addresses = {
    app: 'postgres://trickle_app:p@127.0.0.1:1/trickle',
    worker: 'postgres://trickle_worker:w@127.0.0.1:1/trickle',
    forwarder: 'postgres://trickle_forwarder:f@127.0.0.1:1/trickle',
    operator: 'postgres://trickle_operator:o@127.0.0.1:1/trickle',
    issuer: {
      issuer: 'http://127.0.0.1:2',
      audience: 'api://trickle',
      jwksUrl: 'http://127.0.0.1:2/jwks.json',
    },
    analytics: { url: 'http://127.0.0.1:3', database: 'trickle' },
    storageConnectionString: 'storage',
    serviceBusConnectionString: 'Endpoint=sb://127.0.0.1:5;SharedAccessKeyName=n;SharedAccessKey=k;',
  }

  const other = 'http://127.0.0.1:4'

  test('each of the two apps accepts its settings', () => {
    expect(parseSettings(functionsSettings(addresses, 'public', other), product().settings)).toMatchObject({
      TRICKLE_ENVIRONMENT: 'local',
      TRICKLE_SIDE: 'public',
      TRICKLE_OTHER_APP_URL: other,
      TRICKLE_POSTGRES_APP_URL: addresses.app,
      TRICKLE_AUTH_ISSUER: 'http://127.0.0.1:2',
    })
    expect(
      parseSettings(functionsSettings(addresses, 'background', other), product().settings),
    ).toMatchObject({
      TRICKLE_SIDE: 'background',
      TRICKLE_POSTGRES_OPERATOR_URL: addresses.operator,
      TRICKLE_ANALYTICS_URL: 'http://127.0.0.1:3',
      TRICKLE_FORWARDING_SCHEDULE: '*/2 * * * * *',
    })
  })

  test('each app gets the connection to Service Bus that it has in Azure', () => {
    const names = [...Object.values(queueConnections), 'ServiceBusOperatorConnection'] as const
    const namesOf = (side: Side): string[] => {
      const settings = functionsSettings(addresses, side, other)
      return names.filter((name) => settings[name] === addresses.serviceBusConnectionString)
    }
    expect(namesOf('public')).toEqual(['ServiceBusConnection'])
    expect(namesOf('background')).toEqual([
      'ServiceBusConnection',
      'ServiceBusForwarderConnection',
      'ServiceBusOperatorConnection',
    ])
  })

  test('a password gets only into the process of the app that logs in with it', () => {
    const { app, worker, forwarder, operator } = addresses
    const urls = [app, worker, forwarder, operator]
    const urlsOf = (side: Side): string[] =>
      Object.values(functionsSettings(addresses, side, other)).filter((value) => urls.includes(value))
    expect(urlsOf('public')).toEqual([app])
    expect(urlsOf('background')).toEqual([worker, forwarder, operator])
  })

  test('nothing of the caller leaks, but what may be tuned can be', () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'leak')
    vi.stubEnv('PGPASSWORD', 'leak')
    vi.stubEnv('TRICKLE_POSTGRES_APP_URL', 'postgres://production')
    vi.stubEnv('TRICKLE_POSTGRES_STATEMENTS', 'named')
    try {
      const settings = functionsSettings(addresses, 'public', other)
      expect(settings['TRICKLE_POSTGRES_APP_URL']).toBe(addresses.app)
      expect(settings['TRICKLE_POSTGRES_STATEMENTS']).toBe('named')
      expect(Object.values({ ...basicEnvironment(), ...settings })).not.toContain('leak')
      expect(basicEnvironment()['PATH']).toBe(process.env['PATH'])
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('a part that keeps ending', () => {
  test('is started again at once, then after growing pauses', () => {
    const pauses = Array.from({ length: 10 }, (_, deaths) => pauseAfter(deaths))
    expect(pauses[0]).toBe(0)
    expect(pauses.at(-1)).toBe(30_000)
    expect(pauses.toSorted((one, other) => one - other)).toEqual(pauses)
  })
})

describe('the commands to paste', () => {
  const status = { ...emptyStatus(defaultHome), url: 'http://127.0.0.1:7071' }

  test('name the home only when it is another one, quoted for the shell', () => {
    for (const { command } of firstCommands(status)) expect(command).not.toContain('--home')
    const elsewhere = firstCommands({ ...status, dataFolder: "/tmp/it's here" })
    for (const { command } of elsewhere) expect(command).toContain(String.raw`--home '/tmp/it'\''s here'`)
  })

  test('are an append, a read and a query', () => {
    const [append, read, query] = firstCommands(status).map(({ command }) => command)
    expect(append).toContain('npx trickle append cart-1 --type ItemAdded')
    expect(read).toBe('npx trickle read cart-1')
    expect(query).toContain('npx trickle analytics "EventsRaw |')
  })
})
