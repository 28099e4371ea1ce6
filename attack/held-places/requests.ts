import type { AttackTarget } from '../part.ts'

/** A request whose answer is not waited for. */
export interface OpenRequest {
  /** Null until the head of the answer has come. */
  status(): number | null
  /** Whether the answer asks to come again later. */
  saysWhen(): boolean
  /** The whole text of the answer. */
  text(): Promise<string>
  /** Aborts the request, as a client that disconnects. */
  leave(): void
}

/** A client of one tenant. */
export interface Caller {
  send(path: string, init?: RequestInit): OpenRequest
  /** Sends and reads the whole answer. */
  call(path: string, init?: RequestInit): Promise<{ readonly status: number; readonly text: string }>
}

export async function callerOf(target: AttackTarget, tenantSlug: string): Promise<Caller> {
  const token = await target.token(tenantSlug)
  const send = (path: string, init: RequestInit = {}): OpenRequest => {
    const controller = new AbortController()
    let answer: Response | null = null
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${token}`)
    const answering = fetch(`${target.url}${path}`, { ...init, headers, signal: controller.signal }).then(
      (response) => {
        answer = response
        return response
      },
    )
    // Some requests are aborted on purpose and never awaited: their errors must not end the process as unhandled.
    answering.catch(() => undefined)
    return {
      status: () => answer?.status ?? null,
      saysWhen: () => answer?.headers.has('retry-after') ?? false,
      text: async () => (await answering).text(),
      leave: () => controller.abort(),
    }
  }
  return {
    send,
    async call(path, init) {
      const request = send(path, init)
      const text = await request.text()
      return { status: request.status() ?? 0, text }
    },
  }
}

/** Calls `look` until it returns true. @returns false when it has not returned true in time */
export async function cameTrue(look: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const endsAtMs = performance.now() + withinMs
  while (performance.now() < endsAtMs) {
    if (await look()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}

/** The median time of short reads of the caller's own stream, sent one after the other. */
export async function medianReadMs(caller: Caller, reads: number): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < reads; count += 1) {
    const sinceMs = performance.now()
    const { status } = await caller.call('/api/streams/small/events')
    if (status !== 200) throw new Error(`A short read was answered ${status}.`)
    times.push(performance.now() - sinceMs)
  }
  return times.toSorted((left, right) => left - right)[Math.floor(reads / 2)] ?? 0
}
