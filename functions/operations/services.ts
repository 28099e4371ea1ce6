import { ActionList } from '../../shared/audit/index.ts'
import type { MadeBy } from '../../shared/context/index.ts'
import { LogOperations, SealKeyOperations } from '../../shared/event-store/index.ts'
import { SubscriptionOperations } from '../../shared/subscriptions/index.ts'
import type { Platform } from '../platform.ts'

export const operationServices = (platform: Platform) => ({
  logOperations: () => new LogOperations(platform.databases.operator),
  sealKeyOperations: () => new SealKeyOperations(platform.databases.operator),
  subscriptionOperations: (): Pick<SubscriptionOperations, keyof SubscriptionOperations> =>
    new SubscriptionOperations(platform.databases.operator, platform.nudges.wake),
  operatorActions: () => new ActionList(platform.databases.operator),
  clock: () => platform.clock,
})

export type OperationServices = MadeBy<ReturnType<typeof operationServices>>
