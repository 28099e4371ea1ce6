import type { Socket } from 'node:net'

/**
 * cut-request: the connection ends before the request is passed on. cut-response: the server does its work, and the
 * connection ends before a byte of the answer arrives. half-open: the answer is dropped, and the connection stays open.
 * delay: the request is passed on after `delayMs`. cut-delayed: the connection of the client ends at once, and the
 * request reaches the server `delayMs` later, when the client has perhaps tried again.
 */
export type FaultAction = 'cut-request' | 'cut-response' | 'half-open' | 'delay' | 'cut-delayed'

/** What happens to one request. */
export interface Fault {
  readonly action: FaultAction
  /** For `delay` and `cut-delayed`. */
  readonly delayMs?: number
}

/** One connection through the proxy. */
export class Connection {
  readonly #client: Socket
  readonly #upstream: Socket
  #onResponse: 'pass' | 'cut' | 'swallow' = 'pass'
  #keepsUpstream = false
  /** The next bytes for the server wait for this promise: on a network later bytes never overtake delayed ones. */
  #passedOn: Promise<void> | undefined

  constructor(client: Socket, upstream: Socket) {
    this.#client = client
    this.#upstream = upstream
  }

  /** Passes a request on, `delayMs` later if that is more than 0. */
  request(bytes: Buffer, delayMs: number): void {
    if (delayMs <= 0 && this.#passedOn === undefined) this.#upstream.write(bytes)
    else this.#passOn(delayMs, () => this.#upstream.write(bytes))
  }

  /** Does to a request what the fault says. */
  fail(bytes: Buffer, { action, delayMs = 0 }: Fault): void {
    switch (action) {
      case 'cut-request':
        this.#client.destroy()
        break
      case 'cut-response':
        this.#onResponse = 'cut'
        this.request(bytes, 0)
        break
      case 'half-open':
        this.#onResponse = 'swallow'
        this.request(bytes, 0)
        break
      case 'delay':
        this.request(bytes, delayMs)
        break
      case 'cut-delayed':
        this.#keepsUpstream = true
        this.#onResponse = 'swallow'
        this.#client.destroy()
        // `end` closes in order, after the bytes. `destroy` could reset the connection, and the server's system could
        // then drop the bytes before the server has read them.
        this.#passOn(delayMs, () => this.#upstream.end(bytes))
        break
    }
  }

  /** Calls `write` after all earlier writes, and not before `delayMs` from now. */
  #passOn(delayMs: number, write: () => void): void {
    const due = new Promise<void>((resolve) => {
      setTimeout(resolve, delayMs)
    })
    const before = this.#passedOn
    const passedOn = due.then(() => before).then(write)
    this.#passedOn = passedOn
    void passedOn.then(() => {
      if (this.#passedOn === passedOn) this.#passedOn = undefined
    })
  }

  respond(bytes: Buffer): void {
    if (this.#onResponse === 'pass') this.#client.write(bytes)
    else if (this.#onResponse === 'cut') this.#client.destroy()
  }

  /** Called when the client's connection has closed. */
  endUpstream(): void {
    if (!this.#keepsUpstream) this.#upstream.destroy()
  }
}
