import type { ServiceBusClient } from '@azure/service-bus'
import { Loss } from './loss.ts'
import { onDisconnect, toError } from './sdk-internals.ts'

export interface BusConnection {
  readonly client: ServiceBusClient
  readonly loss: Loss
}

interface Shared extends BusConnection {
  readonly connectionString: string
  users: number
}

/** Connections to Service Bus, one for each connection string, as on the platform. One that is lost is never used again. */
export class Connections {
  readonly #open = new Map<string, Shared>()
  readonly #tryTimeoutMs: number

  constructor(tryTimeoutMs: number) {
    this.#tryTimeoutMs = tryTimeoutMs
  }

  /**
   * The connection, which is opened by its first use. `release` must follow.
   * @throws Error when the connection string is malformed
   */
  async acquire(connectionString: string): Promise<BusConnection> {
    // Loaded by the first function that needs it: it takes 150 ms and 30 MB.
    const { ServiceBusClient } = await import('@azure/service-bus')
    let shared = this.#open.get(connectionString)
    if (shared === undefined) {
      // The host's own loop tries again, with a new connection. The SDK's retries would only delay it.
      const client = new ServiceBusClient(connectionString, {
        retryOptions: { maxRetries: 0, timeoutInMs: this.#tryTimeoutMs },
      })
      shared = { client, loss: new Loss(), connectionString, users: 0 }
      this.#watch(shared)
      this.#open.set(connectionString, shared)
    }
    shared.users++
    return shared
  }

  #watch(shared: Shared): void {
    const { client, loss, connectionString } = shared
    loss.whenLost(() => {
      if (this.#open.get(connectionString) === shared) this.#open.delete(connectionString)
      // It ends timers of the SDK. It may wait for a minute, so nobody waits for it.
      client.close().catch(() => undefined)
    })
    onDisconnect(client, (reason) => loss.happen(reason))
  }

  /** The last user closes the connection. */
  release(connection: BusConnection): void {
    const shared = connection as Shared
    shared.users--
    if (shared.users === 0) shared.loss.happen(toError(undefined, 'The connection was closed.'))
  }
}
