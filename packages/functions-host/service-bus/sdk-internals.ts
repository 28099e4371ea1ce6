/**
 * What this host needs of @azure/service-bus beside its public interface, each with its reason. The version is pinned,
 * and `test/packages/functions-host/service-bus-sdk.int.test.ts` fails when another one has other insides.
 */
import type {
  MessageHandlers,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusSessionReceiver,
} from '@azure/service-bus'

interface Connection {
  isOpen(): boolean
  removeAllListeners(name: 'disconnected'): void
  on(name: 'disconnected', listener: (context: DisconnectContext) => void): void
}

interface DisconnectContext {
  readonly error?: unknown
  readonly connection?: { readonly error?: unknown }
}

/**
 * Tells when the client's connection has ended, and keeps the client from connecting again by itself.
 *
 * After an abrupt end the SDK waits up to a minute for the answers to closing its links, which can't come any more, and
 * opens nothing meanwhile (7.9.5). So the host takes another client.
 */
export function onDisconnect(client: ServiceBusClient, disconnected: (reason: Error) => void): void {
  const inner = connectionOf(client)
  inner.removeAllListeners('disconnected')
  inner.on('disconnected', ({ error, connection }) => {
    disconnected(toError(error ?? connection?.error, 'The connection has ended.'))
  })
}

/** Whether a broker has answered. In public the SDK tells it only by what comes later. */
export const isConnected = (client: ServiceBusClient): boolean => connectionOf(client).isOpen()

function connectionOf(client: ServiceBusClient): Connection {
  return (insideOf(client, '_connectionContext') as { connection: Connection }).connection
}

/** Handlers that also tell each time when the link is open. In public the SDK only tells of failures. */
export function withOpened(handlers: MessageHandlers, opened: () => void): MessageHandlers {
  const postInitialize = (): Promise<void> => {
    opened()
    return Promise.resolve()
  }
  return Object.assign(handlers, { postInitialize })
}

/** After the first message the SDK of .NET waits this long for more; that of JavaScript waits a second, without choice. */
const AFTER_FIRST_MS = 20

interface InnerSession {
  receiveMessages(
    most: number,
    waitMs: number,
    afterFirstMs: number,
    options: object,
  ): Promise<ServiceBusReceivedMessage[]>
}

/**
 * Up to `most` messages of a session, or none after `waitMs`. No message comes after it has returned, as in .NET: what was
 * asked for and has not come is taken back. So a batch that fails is not overtaken by what follows it.
 */
export function receiveSessionBatch(
  session: ServiceBusSessionReceiver,
  most: number,
  waitMs: number,
): Promise<ServiceBusReceivedMessage[]> {
  const inner = insideOf(session, '_messageSession') as InnerSession
  return inner.receiveMessages(most, waitMs, AFTER_FIRST_MS, {})
}

function insideOf(holder: object, name: string): object {
  const inside: unknown = Reflect.get(holder, name)
  if (typeof inside !== 'object' || inside === null)
    throw new Error(`@azure/service-bus has no ${name} any more: see sdk-internals.ts of this host.`)
  return inside
}

export function toError(thrown: unknown, otherwise: string): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown) ?? otherwise)
}

/** AMQP errors are no Errors; they have a condition and a description. */
function textOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const { condition, description } = thrown as { condition?: unknown; description?: unknown }
  return [condition, description].filter((part) => typeof part === 'string').join(': ') || undefined
}
