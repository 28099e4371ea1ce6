export const SIZE_NAMES = ['dev', 'trial', 'standard', 'scale'] as const
export type SizeName = (typeof SIZE_NAMES)[number]

export interface Replica {
  readonly name: string
  readonly location?: string | undefined
  readonly purpose: 'reads' | 'analytics'
}

/** The parameters that decide which resources are made and what they cost; the others are only checked for form. */
export interface Parameters {
  readonly size: SizeName
  readonly network: 'public' | 'private'
  /** Those that were named, else those of the size. */
  readonly replicas: readonly Replica[]
  readonly areReplicasOfSize: boolean
  readonly virtualEndpoint: boolean
  readonly highAvailability: 'bySize' | 'off' | 'sameZone' | 'zoneRedundant'
  readonly geoRedundantBackup: boolean
  /** 0 for a plain server. */
  readonly elasticClusterNodes: number
  readonly customerManagedKey: boolean
  /** As it will be: what `bySize` means is decided already. */
  readonly analytics: 'off' | 'new' | 'existing'
  readonly analyticsUrl: string | undefined
  readonly cache: 'off' | 'redis'
  readonly serviceBusTier: 'off' | 'bySize' | 'Standard' | 'Premium'
}
