import { describe, expect, it } from 'vitest'
import { DeploymentRefused } from '../../support/bicep/index.ts'
import type { Given } from '../../support/bicep/index.ts'
import { reads, refused } from './refused-parameters.ts'
import { mainWith, planOf, problemsOf, required, stringOf } from './support.ts'

describe('main.bicep refuses', () => {
  it.each(refused)('%s', (_, given, message) => {
    const problems = problemsOf(given).map(String)
    expect(problems).toEqual([expect.stringMatching(message)])
    // The message is of use: it names the variable first and ends with what to set.
    expect(problems[0]).toMatch(/^[A-Za-z_. ]+: |^TRICKLE_\w+ with TRICKLE_\w+ /)
    expect(problems[0]).toMatch(/\.$/)
    // A list that nobody reads would refuse nothing.
    expect(() => planOf(given)).toThrow(DeploymentRefused)
  })

  it('tells all that is wrong at once', () => {
    const given = { size: 'dev', replicas: [reads], highAvailability: 'sameZone', analytics: 'existing' }
    expect(problemsOf(given)).toHaveLength(3)
    expect(() => planOf(given)).toThrow(
      /TRICKLE_REPLICAS[\s\S]*TRICKLE_HIGH_AVAILABILITY[\s\S]*TRICKLE_ANALYTICS_URL/,
    )
  })

  it.each<[string, Given]>([
    ['an unknown size', { size: 'huge' }],
    ['an unknown network', { network: 'hidden' }],
    ['a replica for nothing', { size: 'scale', replicas: [{ name: 'near', purpose: 'fun' }] }],
    ['a replica with a misspelt member', { size: 'scale', replicas: [{ ...reads, region: 'northeurope' }] }],
    ['an administrator without a name', { postgresAdministrators: [{ objectId: 'x', type: 'User' }] }],
    ['an unknown tenant key', { authTenantKey: 'name' }],
    ['a number for a switch', { virtualEndpoint: 1 }],
    ['a parameter that there is not', { sizes: 'dev' }],
  ])('%s, by the type of the parameter', (_, given) => {
    expect(() => mainWith(given)).toThrow(/can't be|has no parameter/)
  })

  it.each(Object.keys(required))('to go on without %s', (name) => {
    expect(() => mainWith({ [name]: null })).toThrow(/can't be/)
  })

  it('never a long name, which is cut instead', () => {
    const plan = planOf({ environmentName: 'a'.repeat(64) })
    for (const { name, type } of plan) {
      const limit = type === 'Microsoft.Resources/resourceGroups' ? 90 : type.includes('Storage') ? 24 : 63
      expect([type, stringOf(name).length <= limit]).toEqual([type, true])
    }
  })
})
