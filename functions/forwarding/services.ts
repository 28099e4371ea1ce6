import { AnalyticsForwarder } from '../../shared/adx/index.ts'
import type { KustoSender } from '../../shared/adx/index.ts'
import type { Settings } from '../../shared/config/index.ts'
import type { MadeBy } from '../../shared/context/index.ts'
import type { Database } from '../../shared/postgres/index.ts'
import type { Platform } from '../platform.ts'

export const forwardingServices = (platform: Platform) => ({
  database: () => platform.databases.forwarder,
  /** Null where no analytics service is configured. */
  forwarder: () => analyticsForwarder(platform.settings, () => platform.databases.forwarder),
})

export type ForwardingServices = MadeBy<ReturnType<typeof forwardingServices>>

function analyticsForwarder(settings: Settings, database: () => Database): AnalyticsForwarder | null {
  const url = settings.TRICKLE_ANALYTICS_URL
  if (url === undefined) return null
  const name = settings.TRICKLE_ANALYTICS_DATABASE
  const isLocal = settings.TRICKLE_ENVIRONMENT === 'local'
  let made: KustoSender | undefined
  const sender = async (): Promise<KustoSender> => {
    const { createKustoSender } = await import('../../shared/adx/kusto.chunk.ts')
    made ??= createKustoSender(url, name, settings.TRICKLE_ANALYTICS_CLIENT_ID, isLocal)
    return made
  }
  return new AnalyticsForwarder(database(), name, sender)
}
