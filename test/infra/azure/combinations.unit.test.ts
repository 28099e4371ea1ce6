import { describe, expect, it } from 'vitest'
import type { Given } from '../../support/bicep/index.ts'
import { problemsOf, SIZES } from './support.ts'

const replicaSets: { readonly [name: string]: Given['replicas'] } = {
  none: [],
  near: [{ name: 'near', purpose: 'reads' }],
  far: [{ name: 'far', purpose: 'reads', location: 'northeurope' }],
  reports: [{ name: 'reports', purpose: 'analytics' }],
  five: [
    { name: 'near', purpose: 'reads' },
    { name: 'second', purpose: 'reads' },
    { name: 'third', purpose: 'reads' },
    { name: 'far', purpose: 'reads', location: 'northeurope' },
    { name: 'reports', purpose: 'analytics', location: 'northeurope' },
  ],
}

interface Combination {
  readonly size: (typeof SIZES)[number]
  readonly network: 'public' | 'private'
  readonly highAvailability: 'bySize' | 'off' | 'sameZone' | 'zoneRedundant'
  readonly replicas: string
  readonly elasticClusterNodes: 0 | 2
  readonly analytics: 'bySize' | 'new' | 'existing'
  readonly serviceBusTier: 'off' | 'bySize' | 'Standard' | 'Premium'
  readonly virtualEndpoint: boolean
}

const choices: { readonly [Name in keyof Combination]: readonly Combination[Name][] } = {
  size: SIZES,
  network: ['public', 'private'],
  highAvailability: ['bySize', 'off', 'sameZone', 'zoneRedundant'],
  replicas: Object.keys(replicaSets),
  elasticClusterNodes: [0, 2],
  analytics: ['bySize', 'new', 'existing'],
  serviceBusTier: ['off', 'bySize', 'Standard', 'Premium'],
  virtualEndpoint: [false, true],
}

function* combinations(): Generator<Combination> {
  const names = Object.keys(choices) as (keyof Combination)[]
  let made: Partial<Combination>[] = [{}]
  for (const name of names)
    made = made.flatMap((one) => choices[name].map((choice) => ({ ...one, [name]: choice })))
  for (const one of made) yield one as Combination
}

/** Told apart from the template: what Azure has, as the notes of docs/azure say it. */
function isGood(one: Combination): boolean {
  const count = replicaSets[one.replicas]
  const replicas = Array.isArray(count) ? count.length : 0
  const isBurstable = one.size === 'dev'
  const isStandby = ['sameZone', 'zoneRedundant'].includes(one.highAvailability)
  const isStandard =
    one.serviceBusTier === 'Standard' || (one.serviceBusTier === 'bySize' && one.size !== 'scale')
  if (isBurstable && (replicas > 0 || isStandby || one.elasticClusterNodes > 0)) return false
  if (one.network === 'private' && isStandard) return false
  if (one.elasticClusterNodes > 0 && (replicas > 1 || one.virtualEndpoint)) return false
  // A replica for reads in the region of the primary: named, or the one that trial has by itself.
  const near = one.size === 'trial' ? ['none', 'near', 'five'] : ['near', 'five']
  return !one.virtualEndpoint || near.includes(one.replicas)
}

const parametersOf = ({ replicas, ...others }: Combination): Given => ({
  ...others,
  replicas: replicaSets[replicas] ?? [],
  analyticsClusterUri: others.analytics === 'existing' ? 'https://a.westeurope.kusto.windows.net' : '',
})

describe('every combination of the large choices', () => {
  const all = [...combinations()]

  it('is accepted where Azure has it, and refused where it has not', () => {
    expect(all).toHaveLength(4 * 2 * 4 * 5 * 2 * 3 * 4 * 2)
    const wrong = all.filter((one) => (problemsOf(parametersOf(one)).length === 0) !== isGood(one))
    expect(wrong.slice(0, 3)).toEqual([])
    expect(all.filter(isGood).length).toBeGreaterThan(500)
  })
})
