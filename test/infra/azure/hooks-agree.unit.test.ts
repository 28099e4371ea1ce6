import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { estimate, readSizes } from '../../../infra/hooks/cost/index.ts'
import { readParameters } from '../../../infra/hooks/parameters/index.ts'
import type { Given } from '../../support/bicep/index.ts'
import { refused } from './refused-parameters.ts'
import { everything, jsonOfFile, least, ofType, planOf, problemsOf, required, SIZES } from './support.ts'

const rules = await readSizes()

const { parameters: written } = z
  .object({ parameters: z.record(z.string(), z.object({ value: z.string() })) })
  .parse(jsonOfFile('infra/main.parameters.json'))

/** The azd environment that gives main.bicep these parameters. */
function environmentOf(given: Given): Record<string, string> {
  const values = Object.entries({ ...required, ...given }).map(([name, value]) => {
    const variable = /^\$\{(\w+)/.exec(written[name]?.value ?? '')?.[1]
    if (variable === undefined) throw new Error(`main.parameters.json does not give ${name}`)
    return [variable, typeof value === 'string' ? value : JSON.stringify(value)]
  })
  return Object.fromEntries(values) as Record<string, string>
}

const told = (given: Given): readonly string[] =>
  readParameters(environmentOf(given), rules).failures.map(({ code }) => code)

const accepted: [string, Given][] = [
  ['the least', least],
  ['everything', everything],
  ...SIZES.map((size): [string, Given] => [size, { size }]),
  ['a private network of size standard', { size: 'standard', network: 'private', serviceBusTier: 'Premium' }],
  ['a private network without Service Bus', { size: 'standard', network: 'private' }],
  ['an elastic cluster', { size: 'scale', elasticClusterNodes: 3 }],
  [
    'a cluster that exists',
    { analytics: 'existing', analyticsClusterUri: 'https://a.westeurope.kusto.windows.net' },
  ],
]

/** What only the template refuses, some seconds later: the hook knows neither regions nor what elastic clusters lack. */
const ONLY_BY_TEMPLATE = new Set([
  'a virtual endpoint without a replica',
  'a virtual endpoint with a replica for analytics only',
  'a virtual endpoint with a distant replica only',
  'an elastic cluster with two replicas',
  'an elastic cluster with a virtual endpoint',
  'an elastic cluster with a backup elsewhere',
  'an elastic cluster with a key of its own',
  'no analytics, and yet the id of a cluster',
  'a cluster by plain http',
  'a key of its own with a replica elsewhere',
])

describe('before provision the hook', () => {
  it.each(accepted)('accepts what the template accepts: %s', (_, given) => {
    expect(problemsOf(given)).toEqual([])
    expect(told(given)).toEqual([])
  })

  it.each(refused)('refuses, where it knows the reason: %s', (name, given) => {
    expect(told(given).length > 0).toBe(!ONLY_BY_TEMPLATE.has(name))
  })

  it.each(accepted)('counts the private endpoints that the template makes: %s', (_, given) => {
    const { parameters } = readParameters(environmentOf(given), rules)
    const size = rules[parameters.size]
    const line = estimate(parameters, size).lines.find(({ part }) => part === 'Private endpoints')
    const made = ofType(planOf(given), 'Microsoft.Network/privateEndpoints').length
    expect((line?.usdPerMonth ?? 0) / size.monthlyCost.privateEndpoint).toBe(made)
  })

  it.each(accepted)('counts the servers that the template makes: %s', (_, given) => {
    const { parameters } = readParameters(environmentOf(given), rules)
    const { lines } = estimate(parameters, rules[parameters.size])
    const servers = ofType(planOf(given), 'Microsoft.DBforPostgreSQL/flexibleServers')
    // A replica is written twice: made, then brought up to date.
    const replicas = servers.filter(({ body }) => JSON.stringify(body).includes('"Replica"')).length
    expect(servers).toHaveLength(1 + 2 * replicas)
    expect(lines.some(({ part }) => part === 'PostgreSQL replicas')).toBe(replicas > 0)
    expect(parameters.replicas).toHaveLength(replicas)
  })
})
