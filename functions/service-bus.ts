/** The connections of an app to Service Bus, and the nudges that it sends by one of them. */
import { randomUUID } from 'node:crypto'
import type { Settings } from '../shared/config/index.ts'
import { madeOnce } from '../shared/context/index.ts'
import { noNudges, Nudger, NUDGES_QUEUE } from '../shared/nudges/index.ts'
import type { NudgeMessage, Nudges } from '../shared/nudges/index.ts'
import { ServiceBus } from '../shared/service-bus/index.ts'
import type { Clock } from '../shared/time/index.ts'

/** One connection for each identity that sends or receives, by the names of shared/context/queue-settings.ts. */
export interface Connections {
  /** What is sent and received for one tenant at a time: as the login of tenants, in the background as the worker. */
  readonly app: ServiceBus
  /** Work across tenants; not in the public app. */
  readonly forwarder: ServiceBus
  /** What operators do about messages of any queue; not in the public app. */
  readonly operator: ServiceBus
}

type ConnectionName =
  | 'ServiceBusConnection'
  | 'ServiceBusForwarderConnection'
  | 'ServiceBusOperatorConnection'

/** Nobody waits for a nudge. After this time it is sent again later, by a new client. */
const NUDGE_SEND_MAX_MS = 10_000

export interface OpenConnections {
  readonly connections: Connections
  readonly close: () => Promise<void>
}

/** Nothing is connected before the first use. */
export function openConnections(settings: () => Settings): OpenConnections {
  const opened: ServiceBus[] = []
  const connect = (setting: ConnectionName): ServiceBus => {
    const bus = serviceBusOf(settings(), setting)
    opened.push(bus)
    return bus
  }
  return {
    connections: madeOnce({
      app: () => connect('ServiceBusConnection'),
      forwarder: () => connect('ServiceBusForwarderConnection'),
      operator: () => connect('ServiceBusOperatorConnection'),
    }),
    async close() {
      await Promise.all(opened.map((bus) => bus.close()))
    },
  }
}

const serviceBusOf = (settings: Settings, setting: ConnectionName): ServiceBus =>
  new ServiceBus({
    setting,
    connectionString: settings[setting],
    namespace: settings[`${setting}__fullyQualifiedNamespace`],
    clientId: settings[`${setting}__clientId`],
  })

interface NudgeMeans {
  readonly settings: Settings
  readonly serviceBus: Connections
  readonly clock: Clock
}

/** @param names the subscriptions to wake */
export function nudgesOf(
  { settings, serviceBus, clock }: NudgeMeans,
  names: readonly string[],
  report: (line: string) => void,
): Nudges {
  const bus = serviceBus.app
  const intervalSeconds = settings.TRICKLE_NUDGES_SECONDS
  if (!bus.isSet || intervalSeconds === 0 || names.length === 0) return noNudges
  const send = (nudge: NudgeMessage): Promise<void> =>
    bus.send(NUDGES_QUEUE, [nudge], { timeoutMs: NUDGE_SEND_MAX_MS })
  return new Nudger({ names, send, intervalSeconds, instance: randomUUID(), clock, report })
}
