import type { MadeBy } from '../../shared/context/index.ts'
import { CurrentEpoch, EventImporter, PostgresEventStore } from '../../shared/event-store/index.ts'
import { MessageParking, UncertainAttempts } from '../../shared/messages/index.ts'
import { TenantRegistry } from '../../shared/tenancy/index.ts'
import type { Platform } from '../platform.ts'
import { appendEnvelope } from './queues.ts'
import type { EventSettings } from './settings.ts'

export const eventServices = (platform: Platform, settings: EventSettings) => ({
  settings: () => settings,
  events: () => platform.events,
  /** The same events for exports, which share few of the pool's connections. */
  bulkEvents: () =>
    new PostgresEventStore(platform.databases.app, { sealKeys: platform.sealKeys, work: 'bulk' }),
  /** The epoch with which consistency tokens of reads are compared. */
  currentEpoch: () => new CurrentEpoch(platform.databases.app),
  sealKeys: () => platform.sealKeys,
  importer: () => new EventImporter(platform.databases.app, false, platform.nudges.wake),
  /** For lines of many tenants. */
  operatorImporter: () => new EventImporter(platform.databases.operator, true, platform.nudges.wake),
  /** What messages of queues are handled with, by the login of the worker. */
  messages: () => ({
    tenants: platform.workerTenantsBy('any'),
    parking: new MessageParking(platform.databases.worker),
    database: platform.databases.worker,
    attempts: new UncertainAttempts(),
    handle: appendEnvelope(platform.workerEvents),
  }),
  registry: () => new TenantRegistry(platform.databases.operator),
})

export type EventServices = MadeBy<ReturnType<typeof eventServices>>
