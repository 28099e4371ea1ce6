import { describe, expect, it } from 'vitest'
import { estimate, estimateText, readSizes } from '../../../infra/hooks/cost/index.ts'
import { roundUsd } from '../../../infra/hooks/cost/estimate-text.ts'
import { readParameters } from '../../../infra/hooks/parameters/index.ts'
import { requiredParameters, sizesSample } from './sizes-sample.ts'

/** The lines of a bill by their part. */
function billOf(environment: Readonly<Record<string, string>>) {
  const { parameters, failures } = readParameters({ ...requiredParameters, ...environment }, sizesSample)
  expect(failures.map(String)).toEqual([])
  const size = sizesSample[parameters.size]
  const bill = estimate(parameters, size)
  const lines = new Map(bill.lines.map((line) => [line.part, line]))
  return { ...bill, lines, text: estimateText(bill, parameters, size) }
}

const standard = { TRICKLE_SIZE: 'standard' }

describe('the bill', () => {
  it.each([
    ['dev', { PostgreSQL: 45, Functions: 5, Monitoring: 30, 'Storage accounts': 20 }],
    [
      'trial',
      {
        PostgreSQL: 105,
        'PostgreSQL replicas': 105,
        'Data Explorer': 90,
        Functions: 5,
        Monitoring: 30,
        'Storage accounts': 20,
      },
    ],
    [
      'standard',
      {
        PostgreSQL: 220,
        'PostgreSQL standby': 220,
        Functions: 60,
        Monitoring: 30,
        'Storage accounts': 20,
      },
    ],
    [
      'scale',
      {
        PostgreSQL: 220,
        'PostgreSQL standby': 220,
        Functions: 60,
        Monitoring: 30,
        'Storage accounts': 20,
      },
    ],
  ])('of size %s counts what the size has', (size, expected) => {
    const bill = billOf({ TRICKLE_SIZE: size })
    expect(Object.fromEntries([...bill.lines].map(([part, line]) => [part, line.usdPerMonth]))).toEqual(
      expected,
    )
    expect(bill.usdPerMonth).toBe(Object.values(expected).reduce((sum, usd) => sum + usd, 0))
  })

  it.each([
    [
      'each replica costs a server',
      { TRICKLE_REPLICAS: '[{"name":"a","purpose":"reads"},{"name":"b","purpose":"analytics"}]' },
      'PostgreSQL replicas',
      440,
      '2 replicas, each costs a server of its own',
    ],
    [
      'high availability doubles it',
      { TRICKLE_HIGH_AVAILABILITY: 'sameZone' },
      'PostgreSQL standby',
      220,
      'high availability doubles the server (TRICKLE_HIGH_AVAILABILITY)',
    ],
    [
      'an elastic cluster is so many servers',
      { TRICKLE_ELASTIC_CLUSTER_NODES: '3' },
      'PostgreSQL',
      660,
      'an elastic cluster of 3 workers',
    ],
    [
      'a standby of an elastic cluster doubles all of it',
      { TRICKLE_ELASTIC_CLUSTER_NODES: '3' },
      'PostgreSQL standby',
      660,
      'the size has it',
    ],
    [
      'a standard ADX cluster is two nodes',
      { TRICKLE_ANALYTICS: 'new' },
      'Data Explorer',
      500,
      'a standard cluster is two nodes that never sleep',
    ],
    [
      'sessions force Service Bus Standard',
      { TRICKLE_SERVICE_BUS_TIER: 'bySize' },
      'Service Bus Standard',
      10,
      'sessions (commands in order) force Standard at least',
    ],
    [
      'Premium that was asked for',
      { TRICKLE_SERVICE_BUS_TIER: 'Premium' },
      'Service Bus Premium',
      700,
      'asked for by TRICKLE_SERVICE_BUS_TIER',
    ],
    [
      'a private network forces Premium',
      { TRICKLE_NETWORK: 'private', TRICKLE_SERVICE_BUS_TIER: 'Premium' },
      'Service Bus Premium',
      700,
      'a private network forces Premium: Standard has no private endpoints',
    ],
    [
      'private endpoints, each',
      {
        TRICKLE_NETWORK: 'private',
        TRICKLE_SERVICE_BUS_TIER: 'Premium',
        TRICKLE_ANALYTICS: 'new',
        TRICKLE_CACHE: 'redis',
        TRICKLE_REPLICAS: '[{"name":"a","purpose":"reads"},{"name":"b","purpose":"reads"}]',
      },
      'Private endpoints',
      10 * 8,
      '10 of them: PostgreSQL, 2 replicas, 4 for storage, Service Bus, Data Explorer, cache',
    ],
    [
      'private endpoints without Service Bus',
      { TRICKLE_NETWORK: 'private' },
      'Private endpoints',
      5 * 8,
      '5 of them: PostgreSQL, 4 for storage',
    ],
    ['a cache', { TRICKLE_CACHE: 'redis' }, 'Cache', 100, 'Balanced_B1'],
    ['a key of one’s own', { TRICKLE_CUSTOMER_MANAGED_KEY: 'true' }, 'Key of your own', 1, 'MANAGED_KEY'],
    ['backups elsewhere', { TRICKLE_GEO_BACKUP: 'true' }, 'Geo-redundant backup', 15, 'paired region'],
  ])('says what forces a part: %s', (_name, environment, part, usd, because) => {
    const line = billOf({ ...standard, ...environment }).lines.get(part)
    expect(line?.usdPerMonth).toBe(usd)
    expect(line?.because).toContain(because)
  })

  it.each([
    ['high availability that is off', { TRICKLE_HIGH_AVAILABILITY: 'off' }, 'PostgreSQL standby'],
    [
      'somebody else’s ADX',
      { TRICKLE_ANALYTICS: 'existing', TRICKLE_ANALYTICS_URL: 'https://a.b' },
      'Data Explorer',
    ],
    ['private endpoints of a public network', {}, 'Private endpoints'],
    ['Service Bus, which nothing uses', {}, 'Service Bus Standard'],
    ['no replicas', { TRICKLE_REPLICAS: '[]' }, 'PostgreSQL replicas'],
    [
      'a cluster that a trial is not to have',
      { TRICKLE_SIZE: 'trial', TRICKLE_ANALYTICS: 'off' },
      'Data Explorer',
    ],
  ])('leaves out %s', (_name, environment, part) => {
    expect(billOf({ ...standard, ...environment }).lines.has(part)).toBe(false)
  })

  it('is told dearest part first, in round figures, in lines that azd does not cut', () => {
    const { text, lines } = billOf({
      ...standard,
      TRICKLE_NETWORK: 'private',
      TRICKLE_SERVICE_BUS_TIER: 'Premium',
      TRICKLE_ANALYTICS: 'new',
      TRICKLE_CACHE: 'redis',
      TRICKLE_REPLICAS: JSON.stringify(['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, purpose: 'reads' }))),
    })
    const amounts = [...lines.values()].map((line) => line.usdPerMonth)
    expect(amounts).toEqual([...amounts].sort((a, b) => b - a))
    expect(text[0]).toBe(
      'Size standard, private network: about $3,050 a month (estimated 2026-11; prices differ by region).',
    )
    expect(Math.max(...text.map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  it('says of dev what it does not exercise', () => {
    expect(billOf({}).text.join('\n')).toContain('dev is Burstable: it does not exercise PgBouncer')
    expect(billOf(standard).text.join('\n')).not.toContain('Burstable')
  })

  it('says of trial what the size has, what stops by itself and how to end it', () => {
    const { lines, text } = billOf({ TRICKLE_SIZE: 'trial' })
    expect(lines.get('PostgreSQL replicas')?.because).toBe(
      '1 replica, which the size has: a server of its own',
    )
    expect(lines.get('Data Explorer')?.because).toContain('stops itself after five idle days')
    expect(text[0]).toBe(
      'Size trial, public network: about $360 a month (estimated 2026-11; prices differ by region).',
    )
    expect(text.join('\n')).toMatch(/azd down --force[\s\S]*started again by hand/)
    expect(Math.max(...text.map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  it('counts replicas that were named in place of those of the size', () => {
    const named = { TRICKLE_REPLICAS: '[{"name":"a","purpose":"reads"},{"name":"b","purpose":"reads"}]' }
    expect(billOf({ TRICKLE_SIZE: 'trial', ...named }).lines.get('PostgreSQL replicas')?.because).toBe(
      '2 replicas, each costs a server of its own',
    )
  })

  it.each([
    [1, 5],
    [44, 45],
    [98, 100],
    [324, 320],
    [3110, 3100],
    [3130, 3150],
  ])('rounds %i to %i', (amount, round) => {
    expect(roundUsd(amount)).toBe(round)
  })
})

describe('infra/sizes.json', () => {
  it('has every price that the bill needs', async () => {
    const sizes = await readSizes()
    expect(sizes.dev.postgres.tier).toBe('Burstable')
    expect(sizes.standard.monthlyCost.postgresServer).toBeGreaterThan(sizes.dev.monthlyCost.postgresServer)
  })

  it('is refused with its place when a price is missing', async () => {
    await expect(readSizes(new URL('../../../package.json', import.meta.url))).rejects.toMatchObject({
      code: 'SIZES_INVALID',
      message: expect.stringContaining('dev:') as string,
      where: expect.stringContaining('package.json') as string,
    })
    await expect(readSizes(new URL('nothing.json', import.meta.url))).rejects.toMatchObject({
      code: 'SIZES_INVALID',
    })
  })
})
