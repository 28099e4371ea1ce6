import rhea from 'rhea'
import type { Message, Sender } from 'rhea'

/** A request that came on a link of $cbs or $management. */
export interface Request {
  readonly id: unknown
  readonly replyTo: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly body: unknown
}

export interface Reply {
  readonly properties: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** @throws when the bytes are not a message */
export function readRequest(raw: Buffer): Request {
  const message = rhea.message.decode(raw)
  return {
    id: message['message_id'],
    replyTo: String(message['reply_to'] ?? ''),
    properties: (message['application_properties'] ?? {}) as Record<string, unknown>,
    body: (message['body'] ?? undefined) as unknown,
  }
}

/** The links on which a connection gets its replies. A client names them by the link's name or by its target. */
export class ReplyLinks {
  readonly #links = new Map<string, Sender>()

  add(link: Sender): void {
    for (const name of namesOf(link)) this.#links.set(name, link)
  }

  remove(link: Sender): void {
    for (const name of namesOf(link)) {
      if (this.#links.get(name) === link) this.#links.delete(name)
    }
  }

  /** A reply to nobody is dropped: the client has closed its link, and waits no more. */
  send({ id, replyTo }: Request, { properties, body }: Reply): void {
    const link = this.#links.get(replyTo)
    if (link === undefined || !link.is_open()) return
    const message = { correlation_id: id, application_properties: properties, body }
    link.send(message as unknown as Message)
  }
}

function namesOf(link: Sender): string[] {
  const target = (link.target as { readonly address?: string | null } | null)?.address
  return typeof target === 'string' && target !== '' ? [link.name, target] : [link.name]
}
