import rhea from 'rhea'
import {
  PlainDelivery,
  Queue,
  SessionDelivery,
  StoredBytes,
} from '../../../packages/service-bus-stand-in/engine/index.ts'
import type {
  Delivery,
  MessageJournal,
  QueueSettings,
  SessionReceiver,
  StoredMessage,
  SubQueue,
} from '../../../packages/service-bus-stand-in/engine/index.ts'
import { readMessage } from '../../../packages/service-bus-stand-in/message/index.ts'
import type { MessageContent } from '../../../packages/service-bus-stand-in/message/index.ts'
import { queueSettings } from './running-broker.ts'

/** A clock and a disk for queues without a broker. */
export class Stage {
  now = 1_000_000
  /** What the queue wrote, in order. */
  readonly written: string[] = []
  /** What is written resolves with it. */
  disk = Promise.resolve()

  readonly #journal: MessageJournal = {
    put: async (messages: readonly StoredMessage[]) => {
      this.written.push(`put ${messages.map(({ sequenceNumber }) => sequenceNumber).join(' ')}`)
      await this.disk
    },
    remove: async ({ sequenceNumber }) => {
      this.written.push(`remove ${sequenceNumber}`)
      await this.disk
    },
    attempted: ({ sequenceNumber, attempts }) => {
      this.written.push(`attempt ${sequenceNumber} ${attempts}`)
    },
    forgotten: ({ id }) => {
      this.written.push(`forgotten ${id}`)
    },
    settled: async () => {
      await this.disk
    },
  }

  queue(settings: Partial<QueueSettings> = {}, bytesMax = 1_000_000): Queue {
    return new Queue({
      settings: { ...queueSettings, ...settings },
      journal: this.#journal,
      storedBytes: new StoredBytes(bytesMax),
      now: () => this.now,
    })
  }

  /** From now on nothing is on the disk until the function is called. */
  holdDisk(): () => void {
    let release = (): void => undefined
    this.disk = new Promise<void>((resolve) => {
      release = resolve
    })
    return release
  }
}

export function content(fields: Record<string, unknown> = {}): MessageContent {
  return readMessage(rhea.message.encode({ body: 'x', ...fields }))
}

export interface Taker extends SessionReceiver {
  readonly got: Delivery[]
  readonly lost: string[]
}

/** Takes up to `credit` messages. */
export function receiver(credit: number): Taker {
  const got: Delivery[] = []
  const lost: string[] = []
  return {
    removesAtOnce: false,
    got,
    lost,
    credit: () => credit - got.length,
    deliver: (delivery) => got.push(delivery),
    sessionLost: (id) => lost.push(id),
  }
}

export function plain({ delivery }: SubQueue): PlainDelivery {
  if (!(delivery instanceof PlainDelivery)) throw new Error('it has sessions')
  return delivery
}

export function sessions({ delivery }: SubQueue): SessionDelivery {
  if (!(delivery instanceof SessionDelivery)) throw new Error('it has no sessions')
  return delivery
}

export function numbersOf({ got }: Taker): number[] {
  return got.map(({ message }) => message.sequenceNumber)
}

export function deliveryOf({ got }: Taker, index = 0): Delivery {
  const delivery = got[index]
  if (delivery === undefined) throw new Error('nothing was delivered')
  return delivery
}

export function tokenOf(taker: Taker, index = 0): string {
  return deliveryOf(taker, index).lockToken
}
