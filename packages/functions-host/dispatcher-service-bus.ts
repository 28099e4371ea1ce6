/** Service Bus triggers: one listener for each function that is not disabled. */
import type { DispatcherContext, TriggerDispatcher } from './dispatcher.ts'
import { Connections, ServiceBusFunction } from './service-bus/index.ts'
import type { ServiceBusSettings } from './service-bus/index.ts'

export function createServiceBusDispatcher(
  context: DispatcherContext,
  settings: ServiceBusSettings,
): TriggerDispatcher {
  const host = { context, settings, connections: new Connections(settings.tryTimeoutMs) }
  const functions: ServiceBusFunction[] = []
  return {
    add(fn) {
      functions.push(new ServiceBusFunction(fn, host))
    },
    start() {
      for (const one of functions) if (!one.fn.disabled) one.start()
      return Promise.resolve()
    },
    async stop() {
      await Promise.all(functions.map((one) => one.stop()))
    },
    async runNow(fn, input) {
      await functions.find((one) => one.fn === fn)?.runByHand(input)
    },
  }
}
