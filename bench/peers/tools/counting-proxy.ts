import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/**
 * A TCP proxy that counts how often somebody had to wait for the server: each time that bytes of the client follow bytes
 * of the server a new round trip begins. Nothing can hide from that by sending statements together. It can also be as far
 * away as a server in the same region is: what a client sends arrives later.
 */
export class CountingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #delayMs: number
  #roundTrips = 0

  private constructor(server: Server, delayMs: number) {
    this.#server = server
    this.#delayMs = delayMs
  }

  /** In front of the server of a postgres:// url; each round trip takes `delayMs` longer than without it. */
  static async start(serverUrl: string, delayMs = 0): Promise<CountingProxy> {
    const { hostname, port } = new URL(serverUrl)
    const server = createServer()
    const proxy = new CountingProxy(server, delayMs)
    server.on('connection', (client) => proxy.#serve(client, connect({ host: hostname, port: Number(port) })))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  /** The same url, by way of the proxy. */
  url(serverUrl: string): string {
    const changed = new URL(serverUrl)
    changed.port = String((this.#server.address() as AddressInfo).port)
    return changed.href
  }

  /** Round trips so far, those of logging in included: read it before and after. */
  get roundTrips(): number {
    return this.#roundTrips
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #serve(client: Socket, upstream: Socket): void {
    let wasAnswered = true
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on('error', () => {})
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
    }
    client.on('data', (bytes: Buffer) => {
      if (wasAnswered) this.#roundTrips += 1
      wasAnswered = false
      // Timers of equal length fire in the order in which they were set, so nothing overtakes.
      if (this.#delayMs > 0) setTimeout(() => upstream.write(bytes), this.#delayMs)
      else upstream.write(bytes)
    })
    upstream.on('data', (bytes: Buffer) => {
      wasAnswered = true
      client.write(bytes)
    })
  }
}
