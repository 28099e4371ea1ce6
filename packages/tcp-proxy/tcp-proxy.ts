import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Connection } from './connection.ts'
import type { Fault } from './connection.ts'

export interface ProxyOptions {
  /** Asked for every request that no armed fault waits for: what happens to it; undefined lets it pass. */
  readonly faultOf?: (request: Buffer) => Fault | undefined
  /** Every request arrives so much later: a server that is further away. Default 0. */
  readonly delayMs?: number
}

/** A fault that waits for the first request that holds the bytes of `when`; it is used once. */
export interface ArmedFault extends Fault {
  readonly when: string
}

export class TcpProxy {
  /** Armed faults that have come to pass. */
  faultsUsed = 0
  /**
   * How often clients had to wait for the way and back: requests that were sent when the answer to all before had come.
   * Nothing can hide from that by sending requests together.
   */
  roundTrips = 0
  /** Ends every new connection at once, as a server that is gone; those that stand go on. */
  refusesNew = false
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

  /** In front of the server of a url, which names its port. */
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

  /** The same url, by way of the proxy. */
  url(serverUrl: string): string {
    const changed = new URL(serverUrl)
    changed.port = String((this.#server.address() as AddressInfo).port)
    return changed.href
  }

  /** Arms faults; they are used in this order, each by the first request that fits. */
  arm(...faults: ArmedFault[]): void {
    this.#armed.push(...faults)
  }

  /** Faults that still wait for a request that fits. A test ends with none: what is left would befall the next request. */
  get faultsArmed(): number {
    return this.#armed.length
  }

  /** Ends every connection that stands now. */
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
    if (fault === undefined || !bytes.includes(fault.when)) return undefined
    this.#armed.shift()
    this.faultsUsed += 1
    return fault
  }
}
