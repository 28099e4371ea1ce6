import type { MadeBy } from '../../shared/context/index.ts'
import { LogOperations } from '../../shared/event-store/index.ts'
import { ParkedMessages } from '../../shared/messages/index.ts'
import { SubscriptionOperations } from '../../shared/subscriptions/index.ts'
import type { Platform } from '../platform.ts'

export const healthServices = (platform: Platform) => ({
  /** Throws CONFIGURATION_INVALID where a setting of any context is missing or wrong. */
  checkConfiguration: () => () => {
    // Making the verifier checks the issuers further than their schema can.
    void platform.tokens
  },
  database: () => platform.databases.probe,
  reachability: () => platform.reachability,
  /** Where the login of operators is. */
  seesDetail: () => platform.settings.TRICKLE_SIDE !== 'public',
  logOperations: () => new LogOperations(platform.databases.operator),
  subscriptionOperations: () => new SubscriptionOperations(platform.databases.operator),
  parkedMessages: () => new ParkedMessages(platform.databases.operator),
  clock: () => platform.clock,
})

export type HealthServices = MadeBy<ReturnType<typeof healthServices>>
