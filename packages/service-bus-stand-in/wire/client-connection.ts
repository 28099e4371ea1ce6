import type { Socket } from 'node:net'
import type { Connection, Container, EventContext, Receiver, Sender } from 'rhea'
import { BrokerFailure } from '../failure.ts'
import {
  CONNECTION_LINKS_MAX,
  FRAME_BYTES_MAX,
  IDLE_MAX_MS,
  MESSAGE_BYTES_MAX,
  UNANSWERED_SENDS_MAX,
  UNSETTLED_DELIVERIES_MAX,
} from '../limits.ts'
import { placeOf } from './addresses.ts'
import type { Place } from './addresses.ts'
import { refusalOfToken } from './claims.ts'
import type { LinkContext, WireContext } from './context.ts'
import { manage } from './management.ts'
import { answerPromptly } from './prompt-answers.ts'
import { ReceiverLink, refuseLink } from './receiver-link.ts'
import { ReplyLinks, readRequest } from './requests.ts'
import type { Reply, Request } from './requests.ts'
import { awaitedFrameBytes, forgetSocket, int, receiveRaw } from './rhea-internals.ts'
import { SenderLink, addressOf } from './sender-link.ts'

/** rhea's own window for what comes in: twice what a sender may have unanswered, and requests beside. */
const INCOMING_WINDOW = 4 * UNANSWERED_SENDS_MAX

/** One connection of a client. */
export class ClientConnection {
  readonly #connection: Connection
  readonly #socket: Socket
  readonly #context: LinkContext
  readonly #replies = new ReplyLinks()
  readonly #receivers = new Map<Sender, ReceiverLink>()
  #linkCount = 0
  /** True once the client has shown the key. */
  #isAllowed = false

  constructor(container: Container, socket: Socket, context: WireContext) {
    this.#socket = socket
    this.#context = { ...context, drop: () => socket.destroy() }
    const options = {
      max_frame_size: FRAME_BYTES_MAX,
      idle_time_out: IDLE_MAX_MS,
      session_buffer_size: { incoming: INCOMING_WINDOW, outgoing: UNSETTLED_DELIVERIES_MAX },
      reconnect: false,
    }
    this.#connection = container.create_connection(options as never)
    this.#listen()
    ;(this.#connection as unknown as { accept(socket: Socket): void }).accept(socket)
    answerPromptly(socket, this.#connection)
    socket.on('data', () => {
      if (awaitedFrameBytes(this.#connection) > FRAME_BYTES_MAX) socket.destroy()
    })
    socket.on('close', () => {
      this.#end()
    })
  }

  /** Tells the client to go, and ends. */
  close(): void {
    if (this.#connection.is_open())
      this.#connection.close({ condition: 'amqp:connection:forced', description: 'The local broker stops.' })
    // The frame leaves in this turn of the event loop.
    setImmediate(() => {
      this.#socket.end()
      this.#socket.destroySoon()
    })
  }

  #listen(): void {
    const connection = this.#connection
    connection.on('receiver_open', ({ receiver }: EventContext) => {
      if (receiver !== undefined)
        this.#opened(receiver, addressOf(receiver.target), (place) => this.#clientSends(receiver, place))
    })
    connection.on('sender_open', ({ sender }: EventContext) => {
      if (sender !== undefined)
        this.#opened(sender, addressOf(sender.source), (place) => this.#clientReceives(sender, place))
    })
    connection.on('receiver_close', () => {
      this.#linkCount -= 1
    })
    connection.on('sender_close', ({ sender }: EventContext) => {
      this.#linkCount -= 1
      if (sender !== undefined) this.#closed(sender)
    })
    connection.on('session_close', ({ session }: EventContext) => {
      for (const link of this.#receivers.keys()) if (link.session === session) this.#closed(link)
    })
    const ignored = [
      'connection_error',
      'connection_close',
      'session_error',
      'sender_error',
      'receiver_error',
    ]
    // rhea throws when nobody listens to an error. The client has told it to us, and knows it.
    for (const name of [...ignored, 'disconnected']) connection.on(name, () => undefined)
    for (const name of ['error', 'protocol_error']) {
      connection.on(name, (error: unknown) => {
        this.#context.log(`A client broke the protocol: ${String(error)}`)
        this.#socket.destroy()
      })
    }
  }

  #opened(link: Sender | Receiver, address: string, attach: (place: Place) => void): void {
    this.#linkCount += 1
    try {
      if (this.#linkCount > CONNECTION_LINKS_MAX)
        throw new BrokerFailure(
          'amqp:resource-limit-exceeded',
          `A connection has ${CONNECTION_LINKS_MAX} links at most.`,
        )
      const place = placeOf(address, this.#context)
      if (place.kind !== 'claims' && !this.#isAllowed)
        throw new BrokerFailure('amqp:unauthorized-access', `No token was put for '${address}'.`)
      attach(place)
    } catch (error) {
      refuseLink(link, error)
    }
  }

  #clientSends(link: Receiver, place: Place): void {
    if (place.kind === 'messages') {
      if (place.messages !== place.queue.main)
        throw new BrokerFailure('amqp:not-allowed', 'Nobody sends to a dead-letter queue.')
      // It lives as long as its link.
      void new SenderLink(link, place.queue, this.#context)
      return
    }
    if (place.kind === 'topic') {
      void new SenderLink(link, place.topic, this.#context)
      return
    }
    const answer =
      place.kind === 'claims' ? this.#claim.bind(this) : (request: Request) => manage(place.messages, request)
    this.#takeRequests(link, answer)
  }

  #takeRequests(link: Receiver, answer: (request: Request) => Promise<Reply> | Reply): void {
    receiveRaw(link.session, MESSAGE_BYTES_MAX)
    link.set_source({ address: addressOf(link.source) })
    link.set_target({ address: addressOf(link.target) })
    link.on('message', ({ message, delivery }: EventContext) => {
      delivery?.accept()
      link.add_credit(1)
      void this.#reply(message as unknown as Buffer, answer)
    })
    link.add_credit(UNANSWERED_SENDS_MAX)
  }

  async #reply(raw: Buffer, answer: (request: Request) => Promise<Reply> | Reply): Promise<void> {
    try {
      const request = readRequest(raw)
      this.#replies.send(request, await answer(request))
    } catch (error) {
      // Bytes that are no message, or an id that can't be sent back.
      this.#context.log(`A request could not be answered: ${String(error)}`)
    }
  }

  #claim({ properties, body }: Request): Reply {
    const { key, now } = this.#context
    const refusal =
      properties['operation'] === 'put-token'
        ? refusalOfToken(body, key, now())
        : 'The only operation here is put-token.'
    if (refusal === undefined) this.#isAllowed = true
    const [code, description] = refusal === undefined ? [202, 'Accepted'] : [401, refusal]
    return { properties: { 'status-code': int(code), 'status-description': description } }
  }

  #clientReceives(link: Sender, place: Place): void {
    if (place.kind === 'topic')
      throw new BrokerFailure(
        'amqp:not-allowed',
        `Nobody receives from the topic '${place.topic.name}'; receive from one of its subscriptions.`,
      )
    if (place.kind === 'messages') {
      const { queue, messages } = place
      this.#receivers.set(link, new ReceiverLink(link, messages, queue.settings.name, this.#context))
      return
    }
    link.set_source({ address: addressOf(link.source) })
    link.set_target({ address: addressOf(link.target) })
    this.#replies.add(link)
  }

  #closed(link: Sender): void {
    this.#replies.remove(link)
    this.#receivers.get(link)?.close()
    this.#receivers.delete(link)
  }

  #end(): void {
    for (const receiver of this.#receivers.values()) receiver.close()
    this.#receivers.clear()
    forgetSocket(this.#connection)
  }
}
