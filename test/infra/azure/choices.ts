import type { Given } from './snapshots.ts'
import { SIZES } from './support.ts'

export interface Choices {
  readonly size: (typeof SIZES)[number]
  readonly network: 'public' | 'private'
  readonly highAvailability: 'bySize' | 'off' | 'sameZone' | 'zoneRedundant'
  readonly replicas: keyof typeof replicaSets
  readonly elasticClusterNodes: 0 | 2
  readonly analytics: 'bySize' | 'off' | 'new' | 'existing'
  readonly serviceBusTier: 'off' | 'bySize' | 'Standard' | 'Premium'
  readonly virtualEndpoint: boolean
  readonly geoRedundantBackup: boolean
  readonly customerManagedKey: boolean
  readonly cache: 'off' | 'redis'
}

const replicaSets = {
  none: [],
  near: [{ name: 'near', purpose: 'reads' }],
  far: [{ name: 'far', purpose: 'reads', location: 'northeurope' }],
  reports: [{ name: 'reports', purpose: 'analytics' }],
  four: [
    { name: 'near', purpose: 'reads' },
    { name: 'second', purpose: 'reads' },
    { name: 'third', purpose: 'reads' },
    { name: 'reports', purpose: 'analytics' },
  ],
  five: [
    { name: 'near', purpose: 'reads' },
    { name: 'second', purpose: 'reads' },
    { name: 'third', purpose: 'reads' },
    { name: 'far', purpose: 'reads', location: 'northeurope' },
    { name: 'reports', purpose: 'analytics', location: 'northeurope' },
  ],
}

const offered: { readonly [Name in keyof Choices]: readonly Choices[Name][] } = {
  size: SIZES,
  network: ['public', 'private'],
  highAvailability: ['bySize', 'off', 'sameZone', 'zoneRedundant'],
  replicas: ['none', 'near', 'far', 'reports', 'four', 'five'],
  elasticClusterNodes: [0, 2],
  analytics: ['bySize', 'off', 'new', 'existing'],
  serviceBusTier: ['off', 'bySize', 'Standard', 'Premium'],
  virtualEndpoint: [false, true],
  geoRedundantBackup: [false, true],
  customerManagedKey: [false, true],
  cache: ['off', 'redis'],
}

const names = Object.keys(offered) as (keyof Choices)[]

export function everyCombination(): Choices[] {
  let made: Partial<Choices>[] = [{}]
  for (const name of names)
    made = made.flatMap((one) => offered[name].map((choice) => ({ ...one, [name]: choice })))
  return made as Choices[]
}

/** Told apart from the template: what Azure has, as the pages of docs/azure say it. */
export function isGood(one: Choices): boolean {
  const replicas = replicaSets[one.replicas].length
  const isBurstable = one.size === 'dev'
  const isStandby = ['sameZone', 'zoneRedundant'].includes(one.highAvailability)
  const isStandard =
    one.serviceBusTier === 'Standard' || (one.serviceBusTier === 'bySize' && one.size !== 'scale')
  if (isBurstable && (replicas > 0 || isStandby || one.elasticClusterNodes > 0)) return false
  if (one.network === 'private' && isStandard) return false
  if (one.elasticClusterNodes > 0) {
    if (replicas > 1 || one.virtualEndpoint || one.geoRedundantBackup || one.customerManagedKey) return false
  }
  if (one.customerManagedKey && (one.geoRedundantBackup || ['far', 'five'].includes(one.replicas)))
    return false
  // A replica for reads in the region of the primary: named, or the one that trial has by itself.
  const near = ['near', 'four', 'five', ...(one.size === 'trial' ? ['none'] : [])]
  return !one.virtualEndpoint || near.includes(one.replicas)
}

/** The pairs of a combination, as text. */
export const pairsOf = (one: Choices): string[] =>
  names.flatMap((first, position) =>
    names.slice(position + 1).map((second) => `${first}=${one[first]} ${second}=${one[second]}`),
  )

/**
 * Few of these combinations, in which each pair of choices that stands in any of them stands at least once: the one with
 * most new pairs first.
 */
export function inPairs(combinations: readonly Choices[]): Choices[] {
  const open = combinations.map((one) => ({ one, pairs: pairsOf(one) }))
  const missing = new Set(open.flatMap(({ pairs }) => pairs))
  const chosen: Choices[] = []
  while (missing.size > 0) {
    let best = { one: open[0]?.one, count: 0 }
    for (const { one, pairs } of open) {
      const count = pairs.filter((pair) => missing.has(pair)).length
      if (count > best.count) best = { one, count }
    }
    if (best.one === undefined) break
    chosen.push(best.one)
    for (const pair of pairsOf(best.one)) missing.delete(pair)
  }
  return chosen
}

/** The combinations that differ from a good one by one choice, one for each pair that no good one has. */
export function badPairs(): [pair: string, Choices][] {
  const all = everyCombination()
  const possible = new Set(all.filter(isGood).flatMap(pairsOf))
  const found = new Map<string, Choices>()
  for (const one of all) {
    // Only one thing is wrong, so that each is refused by its own reason.
    const wrong = pairsOf(one).filter((pair) => !possible.has(pair))
    const [pair] = wrong
    if (wrong.length === 1 && pair !== undefined && !found.has(pair)) found.set(pair, one)
  }
  return [...found]
}

/** Parameters of main.bicep. */
export const parametersFor = ({ replicas, ...others }: Choices): Given => ({
  ...others,
  replicas: replicaSets[replicas],
  analyticsClusterUri: others.analytics === 'existing' ? 'https://a.westeurope.kusto.windows.net' : '',
})
