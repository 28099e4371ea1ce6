import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Connection } from './connection.ts'
import type { Fault } from './connection.ts'

export interface ProxyOptions {
  /** Called for every request that no armed fault matches. Returns the fault for the request; undefined: it passes. */
  readonly faultOf?: (request: Buffer) => Fault | undefined
  /** Every request reaches the server this much later, as with a server that is further away. Default 0. */
  readonly delayMs?: number
}

/** A fault that waits for the first request that holds the bytes of `when`, or of one of them; it is used once. */
export interface ArmedFault extends Fault {
  readonly when: string | readonly string[]
}

export class TcpProxy {
  /** How many armed faults have been used. */
  faultsUsed = 0
  /**
   * How many network round trips clients needed. On each connection the first request counts, and each request that
   * follows an answer. Requests that a client sends without waiting for an answer count as one round trip.
   */
  roundTrips = 0
  /** True: every new connection is ended at once, as if the server were gone. Open connections go on. */
  refusesNew = false
  /** How many connections were ended so. */
  refused = 0
  readonly #server: Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #options: ProxyOptions
  readonly #armed: ArmedFault[] = []
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, target: { host: string; port: number }, options: ProxyOptions) {
    this.#server = server
    this.#target = target
    this.#options = options
  }

  /** Starts a proxy in front of the server of a url. The url must contain the port. */
  static async start(serverUrl: string, options: ProxyOptions = {}): Promise<TcpProxy> {
    const { hostname, port } = new URL(serverUrl)
    const server = createServer()
    const proxy = new TcpProxy(server, { host: hostname, port: Number(port) }, options)
    server.on('connection', (socket) => proxy.#serve(socket))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  /** The same url with the port of the proxy. */
  url(serverUrl: string): string {
    const changed = new URL(serverUrl)
    changed.port = String((this.#server.address() as AddressInfo).port)
    return changed.href
  }

  /** Arms faults; they are used in this order, each by the first request that fits. */
  arm(...faults: ArmedFault[]): void {
    this.#armed.push(...faults)
  }

  /** How many faults still wait for a matching request. A test must end with 0; otherwise a later request gets one. */
  get faultsArmed(): number {
    return this.#armed.length
  }

  /** Ends every connection that is open now. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cutAll()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #serve(client: Socket): void {
    if (this.refusesNew) {
      this.refused += 1
      client.on('error', () => {})
      client.destroy()
      return
    }
    const upstream = connect(this.#target)
    const connection = new Connection(client, upstream)
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    }
    let isAnswered = true
    client.on('data', (bytes: Buffer) => {
      if (isAnswered) this.roundTrips += 1
      isAnswered = false
      const fault = this.#takeArmed(bytes) ?? this.#options.faultOf?.(bytes)
      if (fault === undefined) connection.request(bytes, this.#options.delayMs ?? 0)
      else connection.fail(bytes, fault)
    })
    upstream.on('data', (bytes: Buffer) => {
      isAnswered = true
      connection.respond(bytes)
    })
    client.on('close', () => connection.endUpstream())
    upstream.on('close', () => client.destroy())
  }

  #takeArmed(bytes: Buffer): ArmedFault | undefined {
    const [fault] = this.#armed
    if (fault === undefined) return undefined
    const { when } = fault
    const fits = typeof when === 'string' ? bytes.includes(when) : when.some((part) => bytes.includes(part))
    if (!fits) return undefined
    this.#armed.shift()
    this.faultsUsed += 1
    return fault
  }
}
