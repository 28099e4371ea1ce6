import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Random } from '../plan/index.ts'

/**
 * cut-request: the connection ends before the append is passed on. cut-answer: the server commits, and the connection
 * ends before a byte of its answer arrives. cut-delayed: the connection of the client ends at once, and the append
 * reaches the server later, when it has perhaps been sent again. swallow: nobody hangs up, and no answer comes. delay: the
 * append is passed on late.
 */
export type Fault = 'cut-request' | 'cut-answer' | 'cut-delayed' | 'swallow' | 'delay'

const FAULTS: readonly (readonly [Fault, number])[] = [
  ['cut-request', 20],
  ['cut-answer', 35],
  ['cut-delayed', 25],
  // A swallowed answer costs a caller its whole time limit.
  ['swallow', 2],
  ['delay', 18],
]

const DELAY_MS_MAX = 40
/** What a message that appends holds: append, or append_batch. */
const APPEND = Buffer.from('trickle_events_log.append')

/** Stands between a pool and the server and does to appends what networks do. */
export class FaultyProxy {
  readonly used: Record<Fault, number> = {
    'cut-request': 0,
    'cut-answer': 0,
    'cut-delayed': 0,
    swallow: 0,
    delay: 0,
  }
  readonly #server: Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #random: Random
  /** Of the appends that pass, so many are disturbed. */
  readonly #share: number
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, target: { host: string; port: number }, random: Random, share: number) {
    this.#share = share
    this.#server = server
    this.#target = target
    this.#random = random
  }

  /** In front of the server of a postgres:// url. */
  static async start(serverUrl: string, random: Random, share: number): Promise<FaultyProxy> {
    const { hostname, port } = new URL(serverUrl)
    const server = createServer()
    const proxy = new FaultyProxy(server, { host: hostname, port: Number(port) }, random, share)
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

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #serve(client: Socket): void {
    const upstream = connect(this.#target)
    const link = { answers: 'pass' as 'pass' | 'cut' | 'drop', keepsUpstream: false }
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    }
    client.on('data', (bytes: Buffer) => {
      const fault =
        bytes.includes(APPEND) && this.#random.chance(this.#share) ? this.#random.pick(FAULTS) : undefined
      if (fault === undefined) {
        upstream.write(bytes)
        return
      }
      this.used[fault] += 1
      const delayMs = this.#random.next() * DELAY_MS_MAX
      switch (fault) {
        case 'cut-request':
          client.destroy()
          break
        case 'cut-answer':
          link.answers = 'cut'
          upstream.write(bytes)
          break
        case 'swallow':
          link.answers = 'drop'
          upstream.write(bytes)
          break
        case 'delay':
          setTimeout(() => upstream.write(bytes), delayMs)
          break
        case 'cut-delayed':
          link.answers = 'drop'
          link.keepsUpstream = true
          client.destroy()
          // Ended only after the server has read it: what is hung up on before may be thrown away unread.
          setTimeout(() => upstream.end(bytes), delayMs)
          break
      }
    })
    upstream.on('data', (bytes: Buffer) => {
      if (link.answers === 'pass') client.write(bytes)
      else if (link.answers === 'cut') client.destroy()
    })
    client.on('close', () => {
      if (!link.keepsUpstream) upstream.destroy()
    })
    upstream.on('close', () => client.destroy())
  }
}
