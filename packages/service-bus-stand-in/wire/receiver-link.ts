import rhea from 'rhea'
import type { EventContext, Sender } from 'rhea'
import { BrokerFailure, sessionLockLost } from '../failure.ts'
import { SessionDelivery } from '../engine/index.ts'
import type { Delivery, SessionReceiver, SubQueue } from '../engine/index.ts'
import { SESSION_WAIT_DEFAULT_MS, SESSION_WAIT_MAX_MS } from '../limits.ts'
import { deliveredMessage } from '../message/index.ts'
import type { LinkContext } from './context.ts'
import { tokenAsTag } from './lock-tokens.ts'
import { alwaysAnswerDrain, creditOf, echoSettleModes, holdAttach, localAttach } from './rhea-internals.ts'
import { addressOf } from './sender-link.ts'
import { SETTLEMENTS, settleMessage } from './settlement.ts'

/** The names that Service Bus gives to the filter and to the properties of an attach. */
const SESSION_FILTER = 'com.microsoft:session-filter'
const TIMEOUT = 'com.microsoft:timeout'
const LOCKED_UNTIL = 'com.microsoft:locked-until-utc'

/** Only an AMQP message of format 0 is sent as bytes that rhea does not encode. */
const MESSAGE_FORMAT = 0

/** A link on which a client receives from a queue or from its dead letters. */
export class ReceiverLink implements SessionReceiver {
  readonly removesAtOnce: boolean
  readonly #link: Sender
  readonly #messages: SubQueue
  readonly #queueName: string
  readonly #context: LinkContext
  readonly #closed = new AbortController()
  #sessionId: string | undefined

  /** @throws BrokerFailure when the client asks for a session and there are none, or the other way round */
  constructor(link: Sender, messages: SubQueue, queueName: string, context: LinkContext) {
    this.#link = link
    this.#messages = messages
    this.#queueName = queueName
    this.#context = context
    const filter = (link.source as { filter?: Record<string, unknown> }).filter ?? {}
    const wantsSession = SESSION_FILTER in filter
    checkKind(messages, wantsSession)
    this.removesAtOnce = echoSettleModes(link).isReceiveAndDelete
    alwaysAnswerDrain(link)
    this.#listen()
    link.set_target({ address: addressOf(link.target) })
    if (messages.delivery instanceof SessionDelivery) {
      holdAttach(link)
      const wanted = filter[SESSION_FILTER]
      void this.#acceptSession(messages.delivery, typeof wanted === 'string' ? wanted : undefined)
    } else {
      link.set_source({ address: addressOf(link.source) })
      messages.delivery.join(this)
    }
  }

  #listen(): void {
    const link = this.#link
    link.on('sender_flow', () => {
      this.#pump()
    })
    link.on('sender_draining', () => {
      link.set_drained(true)
    })
    for (const settlement of SETTLEMENTS) {
      link.on(settlement, ({ delivery }: EventContext) => {
        if (delivery === undefined || this.removesAtOnce) return
        void settleMessage(settlement, delivery, this.#messages, this.#queueName, this.#context)
      })
    }
  }

  async #acceptSession(delivery: SessionDelivery, wanted: string | undefined): Promise<void> {
    const link = this.#link
    try {
      const granted = await delivery.accept(this, wanted, waitMsOf(link), this.#closed.signal)
      this.#sessionId = granted.sessionId
      if (this.#closed.signal.aborted) {
        delivery.leave(this, granted.sessionId)
        return
      }
      const filter = { [SESSION_FILTER]: granted.sessionId }
      link.set_source({ address: addressOf(link.source), filter })
      localAttach(link).properties = { [LOCKED_UNTIL]: rhea.types.wrap_long(ticks(granted.lockedUntil)) }
      link.open()
    } catch (error) {
      if (!this.#closed.signal.aborted) refuseLink(link, error)
    }
  }

  /** The client has closed the link, or its connection is gone. */
  close(): void {
    this.#closed.abort()
    const { delivery } = this.#messages
    if (!(delivery instanceof SessionDelivery)) delivery.leave(this)
    else if (this.#sessionId !== undefined) delivery.leave(this, this.#sessionId)
  }

  #pump(): void {
    const { delivery } = this.#messages
    if (!(delivery instanceof SessionDelivery)) delivery.pump()
    else if (this.#sessionId !== undefined) delivery.pump(this, this.#sessionId)
  }

  credit(): number {
    return this.#closed.signal.aborted || !this.#link.is_open() ? 0 : creditOf(this.#link)
  }

  deliver({ message, lockToken, lockedUntil }: Delivery): void {
    const fault = this.#context.faults.decide('deliver', this.#queueName)
    const bytes = deliveredMessage(message.content, this.#messages.factsOf(message, lockedUntil))
    if (fault?.action === 'drop-connection' && !fault.after) {
      this.#context.drop()
      return
    }
    // With receive-and-delete the link's mode makes rhea send it as settled.
    this.#link.send(bytes, tokenAsTag(lockToken), MESSAGE_FORMAT)
    if (fault === undefined) return
    // The message has to leave first.
    setImmediate(() => {
      if (fault.action === 'lose-lock') this.#messages.delivery.loseLock(lockToken)
      if (fault.action === 'drop-connection') this.#context.drop()
    })
  }

  sessionLost(sessionId: string): void {
    this.#sessionId = undefined
    if (!this.#closed.signal.aborted) closeLink(this.#link, sessionLockLost(sessionId))
  }
}

function checkKind(messages: SubQueue, wantsSession: boolean): void {
  const hasSessions = messages.delivery instanceof SessionDelivery
  if (hasSessions === wantsSession) return
  const how = hasSessions
    ? 'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.'
    : 'A sessionful message receiver cannot be created on an entity that does not require sessions.'
  throw new BrokerFailure('amqp:not-allowed', `${how} (${messages.address})`)
}

function waitMsOf(link: Sender): number {
  const asked = (link.properties as Record<string, unknown> | undefined)?.[TIMEOUT]
  return typeof asked === 'number' ? Math.min(asked, SESSION_WAIT_MAX_MS) : SESSION_WAIT_DEFAULT_MS
}

const TICKS_PER_MS = 10_000n
/** Ticks from the year 1, where .NET begins to count, to 1970. */
const TICKS_TO_1970 = 621_355_968_000_000_000n

/** A time as .NET counts it, in the eight bytes that stand for a number beyond 2^53. */
function ticks(atMs: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(atMs) * TICKS_PER_MS + TICKS_TO_1970)
  return bytes
}

/** Answers an attach with a refusal: AMQP attaches first and then detaches with the reason. */
export function refuseLink(link: Pick<Sender, 'open' | 'close'>, error: unknown): void {
  link.open()
  closeLink(link, error)
}

function closeLink(link: Pick<Sender, 'close'>, error: unknown): void {
  const condition = error instanceof BrokerFailure ? error.condition : 'amqp:internal-error'
  link.close({ condition, description: error instanceof Error ? error.message : String(error) })
}
