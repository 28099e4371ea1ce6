import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { options as startOptions } from '../../../cli/commands/start.ts'
import { emulatorConfigOf, readQueues } from '../../../local/service-bus-queues/index.ts'
import { serverSettings } from '../../../local/postgres/index.ts'

const repository = join(import.meta.dirname, '..', '..', '..')
const textOf = (path: string): string => readFileSync(join(repository, path), 'utf8')

const serviceSchema = z.strictObject({
  image: z.string(),
  platform: z.literal('linux/amd64').optional(),
  environment: z.record(z.string(), z.string()).optional(),
  command: z.array(z.string()).optional(),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).optional(),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string() })).optional(),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  healthcheck: z.unknown().optional(),
  mem_limit: z.string().optional(),
})

const compose = z
  .strictObject({
    name: z.literal('trickle'),
    services: z.record(z.string(), serviceSchema),
    configs: z.record(z.string(), z.strictObject({ file: z.string() })),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(textOf('compose.yaml')))

const services = Object.entries(compose.services)
const argumentsOf = (service: string): Record<string, string> =>
  Object.fromEntries(
    (compose.services[service]?.command ?? [])
      .filter((word) => word.includes('='))
      .map((word) => word.split('=') as [string, string]),
  )

const iniText = textOf('local/compose/pgbouncer.ini')
const ini = Object.fromEntries(
  [...iniText.matchAll(/^(\w+) = (.*)$/gm)].map(([, name, value]) => [name, value]),
)

describe('compose.yaml', () => {
  it('has a server for each thing that Trickle uses', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(
      ['azurite', 'kusto', 'pgbouncer', 'postgres', 'redis', 'service-bus', 'sql'].toSorted(),
    )
  })

  it('names what it names', () => {
    for (const [name, { depends_on: needed = [], configs = [], volumes = [] }] of services) {
      const others = Array.isArray(needed) ? needed : Object.keys(needed)
      expect([name, others.filter((other) => !(other in compose.services))]).toEqual([name, []])
      expect([name, configs.filter(({ source }) => !(source in compose.configs))]).toEqual([name, []])
      const kept = volumes.map((volume) => volume.split(':')[0] ?? '')
      expect([name, kept.filter((volume) => !(volume in compose.volumes))]).toEqual([name, []])
    }
    for (const { file } of Object.values(compose.configs))
      expect(existsSync(join(repository, file))).toBe(true)
  })

  it('takes images by digest, and those of the workflows as they are there', () => {
    const workflows = ['ci', 'nightly'].map((name) => textOf(`.github/workflows/${name}.yml`)).join('\n')
    for (const [name, { image }] of services) {
      expect([name, image]).toEqual([
        name,
        expect.stringMatching(/^[\w./-]+(?::[\w.-]+)?@sha256:[0-9a-f]{64}$/),
      ])
    }
    const images = services.map(([, { image }]) => image).filter((image) => image.startsWith('mcr.'))
    // The same server in two versions would be two answers to one question.
    const shared = images.filter((image) => workflows.includes(image.split(/[:@]/)[0] ?? image))
    expect(shared.length).toBeGreaterThan(2)
    expect(shared.filter((image) => !workflows.includes(image))).toEqual([])
  })

  it('opens each port once, on this machine only, and none that npm start takes', () => {
    const ports = services.flatMap(([, { ports: opened = [] }]) => opened)
    const numbers = ports.map((port) => /^127\.0\.0\.1:(\d+):\d+$/.exec(port)?.[1])
    expect(numbers).not.toContain(undefined)
    expect(new Set(numbers).size).toBe(numbers.length)
    // The background app takes the port after that of the public one.
    const { port, 'postgres-port': ofPostgres } = startOptions
    const ofStart = [port.default, String(Number(port.default) + 1), ofPostgres.default]
    expect(numbers.filter((port) => port !== undefined && ofStart.includes(port))).toEqual([])
    // The other ports of a run are picked between these.
    expect(numbers.map(Number).filter((port) => port >= 20_000 && port < 30_000)).toEqual([])
  })
})

describe('its PostgreSQL', () => {
  it('has the settings of requirement E7', () => {
    const page = textOf('docs/azure/postgres-settings.md')
    const [, table = ''] = page.split('## The settings of requirement E7')
    const rows = [...(table.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)]
    const asked = Object.fromEntries(rows.map(([, name, value = '']) => [name, value.replaceAll(' ', '')]))
    expect(Object.keys(asked)).toHaveLength(9)
    expect(argumentsOf('postgres')).toMatchObject(asked)
  })

  it('has besides only what the server of npm start has', () => {
    const e7 = 9
    const besides = Object.entries(argumentsOf('postgres')).slice(e7)
    const ours = new Map(serverSettings.map(({ name, value }) => [name, String(value)]))
    expect(besides.length).toBeGreaterThan(0)
    for (const [name, value] of besides) expect([name, ours.get(name)]).toEqual([name, value])
  })
})

describe('its PgBouncer', () => {
  const sizes = z
    .record(z.string(), z.object({ postgres: z.record(z.string(), z.unknown()) }).loose())
    .safeParse(JSON.parse(textOf('infra/sizes.json')))

  it('can keep named statements in transaction mode, as on Azure', () => {
    const [, minor] = /pgbouncer:v1\.(\d+)\./.exec(compose.services['pgbouncer']?.image ?? '') ?? []
    expect(Number(minor)).toBeGreaterThanOrEqual(21)
    expect(sizes.error).toBeUndefined()
    const standard = JSON.stringify(sizes.data?.['standard'])
    expect(standard).toContain(`"maxPreparedStatements":${ini['max_prepared_statements'] ?? ''}`)
    expect(standard).toContain(`"pgbouncer.query_wait_timeout":"${ini['query_wait_timeout'] ?? ''}"`)
    expect(standard).toContain(`"pgbouncer.pool_mode":"${ini['pool_mode'] ?? ''}"`)
    expect(standard).toContain(`"maxClientConnections":${ini['max_client_conn'] ?? ''}`)
  })

  it('leaves connections of the server to others, with a full pool of each of the four logins', () => {
    const { max_connections: most } = argumentsOf('postgres')
    expect(4 * Number(ini['default_pool_size'])).toBeLessThanOrEqual(Number(most) - 35)
  })

  it('knows the password of the server', () => {
    const password = compose.services['postgres']?.environment?.['POSTGRES_PASSWORD']
    expect(textOf('local/compose/userlist.txt')).toBe(`"postgres" "${password ?? ''}"\n`)
  })
})

describe('its Service Bus emulator', () => {
  it('has the queues of infra/service-bus/queues.json', async () => {
    const written: unknown = JSON.parse(textOf('local/compose/service-bus.json'))
    expect(written).toEqual(emulatorConfigOf(await readQueues()).config)
  })

  it('opens its SQL Server', () => {
    const passwords = ['sql', 'service-bus'].map(
      (name) => compose.services[name]?.environment?.['MSSQL_SA_PASSWORD'],
    )
    // SQL Server refuses a password without three kinds of characters.
    expect(passwords[0]).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{8,}$/)
    expect(passwords[1]).toBe(passwords[0])
  })
})
