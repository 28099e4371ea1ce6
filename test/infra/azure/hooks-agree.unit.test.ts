import { describe, expect, it } from 'vitest'
import { estimate, readSizes } from '../../../infra/hooks/cost/index.ts'
import { readParameters } from '../../../infra/hooks/parameters/index.ts'
import { environmentOf } from './environment.ts'
import { refused } from './refused-parameters.ts'
import { parametersOf, resourcesOf, shapes } from './snapshots.ts'
import type { Given } from './snapshots.ts'
import { ofType } from './support.ts'

const rules = await readSizes()

const told = (given: Given): readonly string[] =>
  readParameters(environmentOf(given), rules).failures.map(({ code }) => code)

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
  // There is no snapshot of what the template refuses.
  it.each(shapes)('accepts what the template accepts: %s', (shape) => {
    expect(told(parametersOf(shape))).toEqual([])
  })

  it.each(refused)('refuses, where it knows the reason: %s', (name, given) => {
    expect(told(given).length > 0).toBe(!ONLY_BY_TEMPLATE.has(name))
  })

  it.each(shapes)('counts the private endpoints that the template makes: %s', (shape) => {
    const { parameters } = readParameters(environmentOf(parametersOf(shape)), rules)
    const size = rules[parameters.size]
    const line = estimate(parameters, size).lines.find(({ part }) => part === 'Private endpoints')
    const made = ofType(resourcesOf(shape), 'Microsoft.Network/privateEndpoints').length
    expect((line?.usdPerMonth ?? 0) / size.monthlyCost.privateEndpoint).toBe(made)
  })

  it.each(shapes)('counts the servers that the template makes: %s', (shape) => {
    const { parameters } = readParameters(environmentOf(parametersOf(shape)), rules)
    const { lines } = estimate(parameters, rules[parameters.size])
    const servers = ofType(resourcesOf(shape), 'Microsoft.DBforPostgreSQL/flexibleServers')
    // A replica is written twice: made, then brought up to date.
    const replicas = servers.filter(({ body }) => JSON.stringify(body).includes('"Replica"')).length
    expect(servers).toHaveLength(1 + 2 * replicas)
    expect(lines.some(({ part }) => part === 'PostgreSQL replicas')).toBe(replicas > 0)
    expect(parameters.replicas).toHaveLength(replicas)
  })
})
