import { setTimeout as delay } from 'node:timers/promises'
import type { Delivery, EventContext, Receiver } from 'rhea'
import { BrokerFailure, notBuilt } from '../failure.ts'
import type { SendTarget } from '../engine/index.ts'
import { MESSAGE_BYTES_MAX, UNANSWERED_SENDS_MAX } from '../limits.ts'
import { isScheduled, messagesOfBatch, readMessage } from '../message/index.ts'
import type { MessageContent } from '../message/index.ts'
import type { LinkContext } from './context.ts'
import { accepted, lengthReceived, localAttach, receiveRaw, rejected } from './rhea-internals.ts'

/** The format of a message that holds many: each is one data section. Both SDKs send batches so. */
const BATCH_FORMAT = 0x80_01_37_00

/** Credit is renewed in steps of this size, since each renewal is a frame. */
const CREDIT_STEP = 50

/** A link on which a client sends to a queue or a topic. */
export class SenderLink {
  readonly #link: Receiver
  readonly #target: SendTarget
  readonly #context: LinkContext
  #answered = 0

  constructor(link: Receiver, target: SendTarget, context: LinkContext) {
    this.#link = link
    this.#target = target
    this.#context = context
    receiveRaw(link.session, MESSAGE_BYTES_MAX)
    link.set_source({ address: addressOf(link.source) })
    link.set_target({ address: addressOf(link.target) })
    // Clients size their batches by this.
    localAttach(link).max_message_size = MESSAGE_BYTES_MAX
    link.on('message', ({ message, delivery }: EventContext) => {
      if (delivery !== undefined) void this.#receive(message as unknown as Buffer, delivery)
    })
    link.add_credit(UNANSWERED_SENDS_MAX)
  }

  async #receive(bytes: Buffer, delivery: Delivery): Promise<void> {
    const { faults, drop } = this.#context
    const fault = faults.decide('send', this.#target.name)
    if (fault?.action === 'delay') await delay(fault.delayMs)
    if (fault?.action === 'drop-connection' && !fault.after) {
      drop()
      return
    }
    const outcome = await this.#outcomeOf(bytes, delivery, lengthReceived(this.#link))
    if (fault?.action === 'drop-connection') drop()
    else this.#answer(delivery, outcome)
  }

  async #outcomeOf(bytes: Buffer, delivery: Delivery, length: number): Promise<unknown> {
    try {
      if (length > MESSAGE_BYTES_MAX) throw tooLarge(length)
      await this.#target.send(contentsOf(bytes, delivery))
      return accepted()
    } catch (error) {
      if (error instanceof BrokerFailure)
        return rejected({ condition: error.condition, description: error.message })
      // Bytes that only look like a message end here, in a reader of rhea or of ours.
      return rejected({ condition: 'amqp:decode-error', description: String(error) })
    }
  }

  #answer(delivery: Delivery, outcome: unknown): void {
    if (!this.#link.is_open()) return
    delivery.update(true, outcome)
    this.#answered += 1
    if (this.#answered < CREDIT_STEP) return
    this.#link.add_credit(this.#answered)
    this.#answered = 0
  }
}

function tooLarge(length: number): BrokerFailure {
  return new BrokerFailure(
    'amqp:link:message-size-exceeded',
    `The message has ${length} bytes; the limit is ${MESSAGE_BYTES_MAX}, for a batch as well.`,
  )
}

function contentsOf(bytes: Buffer, delivery: Delivery): MessageContent[] {
  const isBatch = (delivery as unknown as { format: number }).format === BATCH_FORMAT
  // Copies: otherwise one small message would keep all that came with it in memory.
  const contents = (isBatch ? messagesOfBatch(bytes) : [Buffer.from(bytes)]).map((raw) => readMessage(raw))
  if (contents.some((content) => isScheduled(content))) throw notBuilt('scheduled messages')
  return contents
}

export function addressOf(terminus: unknown): string {
  const address = (terminus as { address?: unknown } | null | undefined)?.address
  return typeof address === 'string' ? address : ''
}
