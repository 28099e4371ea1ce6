/** Service Bus triggers: one listener for each function that is not disabled. */
import type { DispatcherContext, TriggerDispatcher } from './dispatcher.ts'
import type { HostSettings } from './host-settings.ts'
import { Connections, ServiceBusFunction } from './service-bus/index.ts'

export function createServiceBusDispatcher(
  context: DispatcherContext,
  { serviceBus: settings, hasExtensionBundle }: HostSettings,
): TriggerDispatcher {
  const host = { context, settings, connections: new Connections(settings.tryTimeoutMs) }
  const functions: ServiceBusFunction[] = []
  return {
    add(fn) {
      if (!hasExtensionBundle)
        throw new Error(
          'Service Bus triggers come with an extension bundle, and host.json names none: add "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"}.',
        )
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
