import { randomUUID } from 'node:crypto'
import { BrokerFailure, messageLockLost, sessionLockLost } from '../failure.ts'
import { ExpiringLocks } from './expiring-locks.ts'
import { Heap } from './heap.ts'
import type { DeliveryEvents, SessionReceiver } from './receiver.ts'
import { SessionWaiters } from './session-waiters.ts'
import type { GrantedSession } from './session-waiters.ts'
import type { Now } from './settings.ts'
import type { StoredMessage } from './stored-message.ts'

interface Session {
  readonly id: string
  readonly waiting: Heap<StoredMessage>
  /** Messages that its holder has, by lock token. */
  readonly locked: Map<string, StoredMessage>
  holder: SessionReceiver | undefined
}

/** Delivery in sessions: one receiver at a time has a session, and gets its messages in order. */
export class SessionDelivery {
  readonly #sessions = new Map<string, Session>()
  readonly #locks: ExpiringLocks<Session>
  readonly #waiters = new SessionWaiters()
  /** The session of each lock token. */
  readonly #tokens = new Map<string, Session>()
  readonly #events: DeliveryEvents

  constructor(lockDurationMs: number, now: Now, events: DeliveryEvents) {
    this.#events = events
    this.#locks = new ExpiringLocks(lockDurationMs, now, (_, session) => {
      this.#end(session)
    })
  }

  add(message: StoredMessage): void {
    const session = this.#session(message.content.sessionId ?? '')
    message.state = 'waiting'
    session.waiting.push(message)
    if (session.holder === undefined) this.#offer(session)
    else this.#pump(session)
  }

  /**
   * Gives a session to a receiver: the one that is named, or the free one with the oldest message.
   * @param waitMs how long to wait for a free one when none is named
   * @throws BrokerFailure session-cannot-be-locked, timeout; AbortError when `signal` is aborted
   */
  async accept(
    receiver: SessionReceiver,
    sessionId: string | undefined,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<GrantedSession> {
    if (sessionId !== undefined) {
      const session = this.#session(sessionId)
      if (session.holder !== undefined) {
        throw new BrokerFailure(
          'com.microsoft:session-cannot-be-locked',
          `The requested session '${sessionId}' cannot be accepted. It may be locked by another receiver.`,
        )
      }
      return this.#grant(session, receiver)
    }
    const free = this.#oldestFree()
    if (free !== undefined) return this.#grant(free, receiver)
    return await this.#waiters.wait(receiver, waitMs, signal)
  }

  /** Sends a holder what its session has. To be called after the grant has been told, and when it has new credit. */
  pump(receiver: SessionReceiver, sessionId: string): void {
    const session = this.#sessions.get(sessionId)
    if (session?.holder === receiver) this.#pump(session)
  }

  /** A holder leaves: its session is free at once, and what it did not settle comes again. */
  leave(receiver: SessionReceiver, sessionId: string): void {
    const session = this.#sessions.get(sessionId)
    if (session === undefined || session.holder !== receiver) return
    this.#locks.release(sessionId)
    this.#end(session)
  }

  /** Ends a lock, since its holder settles the message. @throws BrokerFailure when the session or message is not held */
  take(lockToken: string): StoredMessage {
    const session = this.#tokens.get(lockToken)
    // A token is forgotten when its session is lost, and when its message was settled.
    if (session === undefined) throw sessionLockLost()
    if (this.#locks.get(session.id) === undefined) throw sessionLockLost(session.id)
    const message = session.locked.get(lockToken)
    session.locked.delete(lockToken)
    this.#tokens.delete(lockToken)
    if (message === undefined) throw messageLockLost()
    return message
  }

  /** @returns until when. @throws BrokerFailure when nobody holds it */
  renew(sessionId: string): number {
    const until = this.#locks.renew(sessionId)
    if (until === undefined) throw sessionLockLost(sessionId)
    return until
  }

  /** As if the time of the lock on a message's session were over. */
  loseLock(lockToken: string): void {
    const session = this.#tokens.get(lockToken)
    if (session === undefined || this.#locks.release(session.id) === undefined) return
    this.#end(session)
  }

  close(): void {
    this.#locks.close()
    this.#waiters.close()
  }

  #session(id: string): Session {
    const known = this.#sessions.get(id)
    if (known !== undefined) return known
    const waiting = new Heap<StoredMessage>((left, right) => left.sequenceNumber < right.sequenceNumber)
    const session: Session = { id, waiting, locked: new Map(), holder: undefined }
    this.#sessions.set(id, session)
    return session
  }

  #grant(session: Session, receiver: SessionReceiver): GrantedSession {
    session.holder = receiver
    return { sessionId: session.id, lockedUntil: this.#locks.hold(session.id, session) }
  }

  /** Ends the hold on a session whose lock is over already. */
  #end(session: Session): void {
    const { holder } = session
    session.holder = undefined
    const unsettled = [...session.locked]
    session.locked.clear()
    holder?.sessionLost(session.id)
    for (const [token, message] of unsettled) {
      this.#tokens.delete(token)
      this.#events.lockLost(message)
    }
    this.#offer(session)
  }

  /** Gives a free session to somebody who waits for any, or forgets it when it is empty. */
  #offer(session: Session): void {
    if (session.holder !== undefined) return
    if (firstOf(session.waiting) === undefined) {
      this.#sessions.delete(session.id)
      return
    }
    this.#waiters.offer((receiver) => this.#grant(session, receiver))
  }

  /** Looks at all sessions: as many as a local run has are looked at in less time than the answer takes. */
  #oldestFree(): Session | undefined {
    let oldest: Session | undefined
    let oldestNumber = Infinity
    for (const session of this.#sessions.values()) {
      if (session.holder !== undefined) continue
      const number = firstOf(session.waiting)?.sequenceNumber
      // All that it had has expired.
      if (number === undefined) this.#sessions.delete(session.id)
      else if (number < oldestNumber) {
        oldest = session
        oldestNumber = number
      }
    }
    return oldest
  }

  #pump(session: Session): void {
    for (;;) {
      const { holder } = session
      const message = firstOf(session.waiting)
      if (holder === undefined || message === undefined || holder.credit() <= 0) return
      session.waiting.pop()
      if (this.#events.isDeliverable(message)) this.#give(session, message, holder)
    }
  }

  #give(session: Session, message: StoredMessage, holder: SessionReceiver): void {
    const lockToken = randomUUID()
    message.state = 'locked'
    this.#events.delivering(message)
    if (!holder.removesAtOnce) {
      session.locked.set(lockToken, message)
      this.#tokens.set(lockToken, session)
    }
    holder.deliver({ message, lockToken, lockedUntil: this.#locks.until(session.id) })
    if (holder.removesAtOnce) this.#events.delivered(message)
  }
}

/** The first that still waits. Messages that have gone meanwhile are dropped from the heap here. */
function firstOf(waiting: Heap<StoredMessage>): StoredMessage | undefined {
  while (waiting.size > 0 && waiting.peek()?.state !== 'waiting') waiting.pop()
  return waiting.peek()
}
