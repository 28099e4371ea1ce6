/** All streams that a run may write: each has a number, so that a version is kept in an array and not under a text. */
export interface StreamSpace {
  readonly tenants: number
  readonly streamsPerTenant: number
  /** The first of each tenant's streams; everybody wants them. */
  readonly hotPerTenant: number
}

const TENANTS = 4
/** Few enough that callers wait for each other, many enough that not all of them do. */
const HOT_PER_TENANT = 6
/** A cold stream gets about a handful of events; 200 at least, so that a short run has some that nobody else writes. */
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

/** @throws Error for a name that this run has not given. */
export function streamNumberOfName(space: StreamSpace, tenant: number, name: string): number {
  const stream = Number(name.slice(name.indexOf('-') + 1))
  if (tenant < 0 || streamName(space, stream) !== name) throw new Error(`a stream of nobody: ${name}`)
  return streamNumber(space, tenant, stream)
}

export const streamsOfAll = (space: StreamSpace): number => space.tenants * space.streamsPerTenant
