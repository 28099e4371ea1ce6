/** What a function says of its Service Bus trigger: where its messages come from, and how it wants them. */
import type { HostedFunction } from '../function-catalog.ts'
import { resolveSettingReferences } from '../host-settings.ts'
import type { Environment } from '../host-settings.ts'

export interface ServiceBusTrigger {
  readonly source: MessageSource
  readonly connectionString: string
  /** Messages come from sessions, in order within each. */
  readonly hasSessions: boolean
  /** The function takes an array of messages. */
  readonly isBatch: boolean
  /** The function gets bytes instead of text. */
  readonly isBinary: boolean
  /** undefined: as host.json says. */
  readonly autoCompleteMessages: boolean | undefined
}

/** A queue, or a subscription of a topic. */
export interface MessageSource {
  readonly queueOrTopic: string
  readonly subscription: string | undefined
  /** As the service names it: `queue`, or `topic/Subscriptions/name`. */
  readonly path: string
}

/** The setting that the extension reads when a trigger names none. */
const DEFAULT_CONNECTION = 'ServiceBus'

/**
 * Reads a function's trigger.
 * @throws Error that says why the function can't be run, and how to mend it
 */
export function readTrigger(fn: HostedFunction, environment: Environment): ServiceBusTrigger {
  const { trigger } = fn
  if (trigger['sdkBinding'] === true)
    throw new Error('This local host does not do sdkBinding; let the function return or throw to settle.')
  const cardinality = trigger['cardinality'] ?? 'one'
  if (cardinality !== 'one' && cardinality !== 'many')
    throw new Error(`The cardinality is 'one' or 'many', and not '${JSON.stringify(cardinality)}'.`)
  return {
    source: readSource(trigger, environment),
    connectionString: readConnectionString(textOf(trigger['connection']), environment),
    hasSessions: trigger['isSessionsEnabled'] === true,
    isBatch: cardinality === 'many',
    isBinary: textOf(trigger['dataType'])?.toLowerCase() === 'binary',
    autoCompleteMessages:
      typeof trigger['autoCompleteMessages'] === 'boolean' ? trigger['autoCompleteMessages'] : undefined,
  }
}

function readSource(trigger: HostedFunction['trigger'], environment: Environment): MessageSource {
  const named = (property: string): string | undefined => {
    const text = textOf(trigger[property])
    return text === undefined ? undefined : resolveSettingReferences(text, environment)
  }
  const queue = named('queueName')
  if (queue !== undefined) return { queueOrTopic: queue, subscription: undefined, path: queue }
  const topic = named('topicName')
  const subscription = named('subscriptionName')
  if (topic === undefined || subscription === undefined)
    throw new Error('The trigger needs queueName, or topicName and subscriptionName.')
  return { queueOrTopic: topic, subscription, path: `${topic}/Subscriptions/${subscription}` }
}

/** As the platform does: a setting with the prefix AzureWebJobs comes before the one with the plain name. */
function readConnectionString(named: string | undefined, environment: Environment): string {
  const name = named ?? DEFAULT_CONNECTION
  const found = environment[`AzureWebJobs${name}`] ?? environment[name]
  if (found !== undefined && found !== '') return found
  const mend = `set ${name} in the app's settings to a connection string (Endpoint=sb://...)`
  const isByIdentity = [`${name}__fullyQualifiedNamespace`, `${name}:fullyQualifiedNamespace`].some(
    (setting) => environment[setting] !== undefined,
  )
  if (isByIdentity)
    throw new Error(
      `${name}__fullyQualifiedNamespace is for Azure only: this local host has no identity to show there; ${mend}.`,
    )
  throw new Error(`The connection '${name}' of Service Bus is missing or empty: ${mend}.`)
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
