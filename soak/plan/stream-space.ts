/** All streams that a run may write. Each has a number, so that versions can be kept in an array instead of a map. */
export interface StreamSpace {
  readonly tenants: number
  readonly streamsPerTenant: number
  /** So many of each tenant's streams, from the first on, are hot: they get far more appends than the others. */
  readonly hotPerTenant: number
}

const TENANTS = 4
/** Few enough that callers wait for each other, many enough that not all of them do. */
const HOT_PER_TENANT = 6
/** So a cold stream gets few events. At least 200 of them, so that even a short run has streams with one writer. */
const APPENDS_PER_COLD_STREAM = 4
const COLD_MIN = 200

export function streamSpaceFor(appends: number): StreamSpace {
  const cold = Math.max(COLD_MIN, Math.ceil(appends / APPENDS_PER_COLD_STREAM / TENANTS))
  return { tenants: TENANTS, streamsPerTenant: HOT_PER_TENANT + cold, hotPerTenant: HOT_PER_TENANT }
}

export const tenantSlug = (tenant: number): string => `soak-${tenant}`

export const streamName = (space: StreamSpace, stream: number): string =>
  stream < space.hotPerTenant ? `hot-${stream}` : `cold-${stream}`

/** The number of a stream among those of all tenants. */
export const streamNumber = (space: StreamSpace, tenant: number, stream: number): number =>
  tenant * space.streamsPerTenant + stream

/** @throws Error for a name that does not belong to this run. */
export function streamNumberOfName(space: StreamSpace, tenant: number, name: string): number {
  const stream = Number(name.slice(name.indexOf('-') + 1))
  if (tenant < 0 || streamName(space, stream) !== name) throw new Error(`no tenant has the stream ${name}`)
  return streamNumber(space, tenant, stream)
}

export const streamsOfAll = (space: StreamSpace): number => space.tenants * space.streamsPerTenant
