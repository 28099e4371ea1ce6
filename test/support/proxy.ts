import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'

/** What happens to the first request that holds the bytes of `when`; each fault is used once. */
export interface Fault {
  /**
   * cut-request: the connection ends before the request is passed on. cut-response: the server does its work, and the
   * connection ends before a byte of the answer arrives. half-open: the answer is swallowed, and nobody hangs up.
   * delay: the request is passed on after `delayMs`. cut-delayed: the connection of the client ends at once, and the
   * request reaches the server `delayMs` later, when the client has perhaps tried again.
   */
  readonly action: 'cut-request' | 'cut-response' | 'half-open' | 'delay' | 'cut-delayed'
  readonly when: string
  readonly delayMs?: number
}

/** A TCP proxy that stands between a pool and its server and does what networks do. */
export class TcpProxy {
  readonly #server: Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #faults: Fault[] = []
  readonly #sockets = new Set<Socket>()
  /** Faults that have come to pass. */
  faultsUsed = 0
  /** Requests that were sent when the answer to all before had come: how often clients have waited for the way and back. */
  roundTrips = 0
  /** Ends every new connection at once, as a server that is gone; those that stand go on. */
  refusesNew = false

  private constructor(server: Server, target: { host: string; port: number }) {
    this.#server = server
    this.#target = target
  }

  /** In front of the server of a postgres:// url. */
  static async start(serverUrl: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(serverUrl)
    const server = createServer()
    const proxy = new TcpProxy(server, { host: hostname, port: Number(port) })
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
  arm(...faults: Fault[]): void {
    this.#faults.push(...faults)
  }

  /** Faults that still wait for a request that fits. A test ends with none: what is left would befall the next request. */
  get faultsArmed(): number {
    return this.#faults.length
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
    const link = new Link(client, upstream)
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
      link.request(bytes, this.#take(bytes))
    })
    upstream.on('data', (bytes: Buffer) => {
      isAnswered = true
      link.respond(bytes)
    })
    client.on('close', () => link.endUpstream())
    upstream.on('close', () => client.destroy())
  }

  #take(bytes: Buffer): Fault | undefined {
    const [fault] = this.#faults
    if (fault === undefined || !bytes.includes(fault.when)) return undefined
    this.#faults.shift()
    this.faultsUsed += 1
    return fault
  }
}

/** One connection through the proxy. */
class Link {
  readonly #client: Socket
  readonly #upstream: Socket
  #onResponse: 'pass' | 'cut' | 'swallow' = 'pass'
  #keepsUpstream = false

  constructor(client: Socket, upstream: Socket) {
    this.#client = client
    this.#upstream = upstream
  }

  request(bytes: Buffer, fault: Fault | undefined): void {
    switch (fault?.action) {
      case undefined:
        this.#upstream.write(bytes)
        break
      case 'cut-request':
        this.#client.destroy()
        break
      case 'cut-response':
        this.#onResponse = 'cut'
        this.#upstream.write(bytes)
        break
      case 'half-open':
        this.#onResponse = 'swallow'
        this.#upstream.write(bytes)
        break
      case 'delay':
        setTimeout(() => this.#upstream.write(bytes), fault.delayMs)
        break
      case 'cut-delayed':
        this.#keepsUpstream = true
        this.#onResponse = 'swallow'
        this.#client.destroy()
        setTimeout(() => this.#upstream.end(bytes), fault.delayMs)
        break
    }
  }

  respond(bytes: Buffer): void {
    if (this.#onResponse === 'pass') this.#client.write(bytes)
    else if (this.#onResponse === 'cut') this.#client.destroy()
  }

  endUpstream(): void {
    if (!this.#keepsUpstream) this.#upstream.destroy()
  }
}
