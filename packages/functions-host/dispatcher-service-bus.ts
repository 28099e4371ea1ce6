/**
 * Service Bus triggers. They are listed, and one log line says that this host receives no messages. Nothing is dispatched.
 *
 * To receive, `start` would open a receiver for each function that was added, and settle each message by the
 * outcome of `context.executor.run`.
 */
import type { DispatcherContext, TriggerDispatcher } from './dispatcher.ts'
import type { HostedFunction } from './function-catalog.ts'
import { HOST_CATEGORY } from './log.ts'

export function createServiceBusDispatcher(context: DispatcherContext): TriggerDispatcher {
  const functions: HostedFunction[] = []
  let said = false

  function sourceOf(fn: HostedFunction): string {
    const { queueName, topicName, subscriptionName } = fn.trigger
    const names = [queueName, topicName, subscriptionName].filter((name) => typeof name === 'string')
    return `${fn.name} (${names.join('/')})`
  }

  return {
    add(fn) {
      functions.push(fn)
    },
    start() {
      if (functions.length > 0 && !said) {
        said = true
        const message = `Service Bus: this host receives no messages yet; not dispatched: ${functions.map(sourceOf).join(', ')}`
        context.log.write({ level: 'warning', category: HOST_CATEGORY, message })
      }
      return Promise.resolve()
    },
    stop: () => Promise.resolve(),
    runNow: (fn) =>
      Promise.reject(
        new Error(`'${fn.name}' can't be run: this host receives no messages of Service Bus yet.`),
      ),
  }
}
