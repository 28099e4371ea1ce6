/** The dispatchers of this host by trigger type (in lower case). */
import { createServiceBusDispatcher } from './dispatcher-service-bus.ts'
import { createTimerDispatcher } from './dispatcher-timer.ts'
import type { DispatcherContext, TriggerDispatcher } from './dispatcher.ts'
import type { FunctionCatalog, HostedFunction } from './function-catalog.ts'
import type { HostSettings } from './host-settings.ts'
import type { HostLog } from './log.ts'
import { HOST_CATEGORY } from './log.ts'
import { messageOf } from './start-failure.ts'

export type DispatcherTable = ReadonlyMap<string, TriggerDispatcher>

/**
 * @param http the dispatcher of HTTP triggers, which the host's own server needs too
 * @param settings those of host.json
 */
export function createDispatcherTable(
  context: DispatcherContext,
  http: TriggerDispatcher,
  settings: HostSettings,
): DispatcherTable {
  return new Map<string, TriggerDispatcher>([
    ['httptrigger', http],
    ['timertrigger', createTimerDispatcher(context)],
    ['servicebustrigger', createServiceBusDispatcher(context, settings)],
  ])
}

/** Gives each function to the dispatcher of its trigger. A function that is refused is in error and not dispatched. */
export function assignFunctions(catalog: FunctionCatalog, table: DispatcherTable, log: HostLog): void {
  const refused = new Set(catalog.problems.map((problem) => problem.functionName))
  for (const fn of catalog.functions) {
    const dispatcher = table.get(fn.triggerType)
    if (refused.has(fn.name)) continue
    if (dispatcher === undefined) {
      const message = `The local host doesn't imitate the trigger '${fn.triggerType}': '${fn.name}' is listed, not run.`
      log.write({ level: 'warning', category: HOST_CATEGORY, message })
      continue
    }
    warnOfBindings(fn, log)
    try {
      dispatcher.add(fn)
    } catch (error) {
      catalog.problems.push({ functionName: fn.name, message: messageOf(error) })
    }
  }
  for (const { functionName, message } of catalog.problems) {
    log.write({
      level: 'error',
      category: HOST_CATEGORY,
      message: `The '${functionName}' function is in error: ${message}`,
    })
  }
}

/** Warns of inputs and outputs besides the trigger and the HTTP response: only extensions of the real host do them. */
function warnOfBindings(fn: HostedFunction, log: HostLog): void {
  const others = Object.entries(fn.registered.metadata.bindings).filter(
    ([name, { type }]) => name !== fn.triggerName && type?.toLowerCase() !== 'http',
  )
  if (others.length === 0) return
  const types = others.map(([, { type }]) => type).join(', ')
  const message = `The local host doesn't imitate bindings: '${fn.name}' runs without ${types}.`
  log.write({ level: 'warning', category: HOST_CATEGORY, message })
}
