import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { estimate, readSizes } from '../../../infra/hooks/cost/index.ts'
import { readParameters } from '../../../infra/hooks/parameters/index.ts'
import { CompiledTemplate, hasBicep, requireBicep } from '../../support/bicep-cli.ts'
import { badPairs, everyCombination, inPairs, isGood, pairsOf, parametersFor } from './choices.ts'
import type { Choices } from './choices.ts'
import { environmentOf } from './environment.ts'
import { snapshotIn } from './snapshots.ts'
import type { Snapshot } from './snapshots.ts'
import { fileOf, ofType, required } from './support.ts'

requireBicep()

const rules = await readSizes()

/** Some forty of many thousands. */
const good = hasBicep() ? inPairs(everyCombination().filter(isGood)) : []
const bad = hasBicep() ? badPairs() : []

const isThere = ({ resources }: Snapshot, type: string): boolean => ofType(resources, type).length > 0

describe.skipIf(!hasBicep())('every pair of large choices', () => {
  let template: CompiledTemplate
  beforeAll(async () => {
    template = await CompiledTemplate.of(fileOf('infra/main.bicep'))
  })
  afterAll(() => template.close())

  async function madeOf(one: Choices): Promise<Snapshot> {
    const outcome = await template.try({ ...required, ...parametersFor(one) })
    if ('refusal' in outcome) throw new Error(`${JSON.stringify(one)}: ${outcome.refusal}`)
    return snapshotIn(outcome.snapshot)
  }

  it.each(good.map((one): [string, Choices] => [JSON.stringify(one), one]))(
    'that Azure has is accepted, and shown as a whole: %s',
    async (_, one) => {
      const made = await madeOf(one)
      expect(JSON.parse(made.text)).toHaveProperty('diagnostics', [])
      expect(isThere(made, 'Microsoft.ServiceBus/namespaces')).toBe(one.serviceBusTier !== 'off')
      expect(isThere(made, 'Microsoft.Network/virtualNetworks')).toBe(one.network === 'private')
      expect(isThere(made, 'Microsoft.Cache/redisEnterprise')).toBe(one.cache === 'redis')
      expect(isThere(made, 'Microsoft.Kusto/clusters')).toBe(
        one.analytics === 'new' || (one.analytics === 'bySize' && one.size === 'trial'),
      )
      expect(isThere(made, 'Microsoft.KeyVault/vaults')).toBe(one.customerManagedKey)
      expect(isThere(made, 'Microsoft.DBforPostgreSQL/flexibleServers/virtualendpoints')).toBe(
        one.virtualEndpoint,
      )
      // Without analytics nothing is forwarded, and the product has no other subscription that a nudge would wake.
      const forwards = one.analytics === 'bySize' ? one.size === 'trial' : one.analytics !== 'off'
      const isOff = one.serviceBusTier !== 'off' && !forwards
      expect(made.text.match(/"TRICKLE_NUDGES_SECONDS": ?"0"/gu)?.length ?? 0).toBe(isOff ? 2 : 0)
      // The hook before provisioning reads the same parameters.
      const { parameters, failures } = readParameters(
        environmentOf({ ...required, ...parametersFor(one) }),
        rules,
      )
      expect(failures).toEqual([])
      const size = rules[parameters.size]
      const line = estimate(parameters, size).lines.find(({ part }) => part === 'Private endpoints')
      expect((line?.usdPerMonth ?? 0) / size.monthlyCost.privateEndpoint).toBe(
        ofType(made.resources, 'Microsoft.Network/privateEndpoints').length,
      )
    },
  )

  it.each(bad)('that Azure has not is refused: %s', async (_, one) => {
    expect(await template.try({ ...required, ...parametersFor(one) })).toEqual({
      refusal: expect.stringContaining('This can not be deployed.'),
    })
  })

  it('is among these: choices that each belong to some accepted deployment', () => {
    expect(good.length).toBeGreaterThan(20)
    expect(bad.length).toBeGreaterThan(10)
    expect(new Set(good.flatMap(pairsOf)).size).toBeGreaterThan(300)
  })
})
