import { BrokerFailure } from '../failure.ts'
import type { SessionReceiver } from './receiver.ts'

export interface GrantedSession {
  readonly sessionId: string
  /** Milliseconds since 1970. */
  readonly lockedUntil: number
}

interface Waiter {
  readonly receiver: SessionReceiver
  readonly granted: (session: GrantedSession) => void
  readonly refused: (reason: unknown) => void
  readonly timer: NodeJS.Timeout
}

/** Receivers that wait for any free session, the first first. */
export class SessionWaiters {
  readonly #waiters = new Set<Waiter>()

  /** @throws BrokerFailure timeout; the signal's reason when it is aborted */
  async wait(receiver: SessionReceiver, waitMs: number, signal: AbortSignal): Promise<GrantedSession> {
    signal.throwIfAborted()
    return await new Promise<GrantedSession>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        reject(noSession())
      }, waitMs)
      const waiter: Waiter = { receiver, granted: resolve, refused: reject, timer }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', () => {
        if (!this.#waiters.delete(waiter)) return
        clearTimeout(timer)
        reject(signal.reason)
      })
    })
  }

  /** Gives a session to the first that waits, if anybody does. */
  offer(grant: (receiver: SessionReceiver) => GrantedSession): void {
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter)
      clearTimeout(waiter.timer)
      waiter.granted(grant(waiter.receiver))
      return
    }
  }

  close(): void {
    for (const waiter of this.#waiters) {
      clearTimeout(waiter.timer)
      waiter.refused(noSession())
    }
    this.#waiters.clear()
  }
}

function noSession(): BrokerFailure {
  return new BrokerFailure(
    'com.microsoft:timeout',
    'There was no free session with messages within the time that the client allowed.',
  )
}
