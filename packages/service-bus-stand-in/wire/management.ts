import { BrokerFailure, notBuilt } from '../failure.ts'
import { SessionDelivery } from '../engine/index.ts'
import type { SubQueue } from '../engine/index.ts'
import { LOCK_TOKENS_MAX, PEEK_BYTES_MAX, PEEK_MESSAGES_MAX } from '../limits.ts'
import { bodilessMessage, deliveredMessage } from '../message/index.ts'
import { tokenOfBytes } from './lock-tokens.ts'
import type { Reply, Request } from './requests.ts'
import { int, symbol, timestamps } from './rhea-internals.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * The requests of a management link that SDKs make for what is supported. Names and fields are those of Azure's page
 * "AMQP 1.0 in Azure Service Bus: request-response-based operations".
 */
export async function manage(messages: SubQueue, request: Request): Promise<Reply> {
  const operation = (textOf(request.properties['operation']) ?? '').replace('com.microsoft:', '')
  const body = (typeof request.body === 'object' && request.body !== null ? request.body : {}) as Body
  try {
    switch (operation) {
      case 'peek-message':
        return peek(messages, body)
      case 'renew-lock':
        return renewLocks(messages, body)
      case 'renew-session-lock':
        return renewSessionLock(messages, body)
      case 'update-disposition':
        return await updateDisposition(messages, body)
      default:
        throw notBuilt(`the operation '${operation}'`)
    }
  } catch (error) {
    return refusal(error)
  }
}

function refusal(error: unknown): Reply {
  const failure =
    error instanceof BrokerFailure ? error : new BrokerFailure('amqp:internal-error', String(error))
  return {
    properties: {
      statusCode: int(statusCodes[failure.condition] ?? 500),
      statusDescription: failure.message,
      errorCondition: symbol(failure.condition),
    },
  }
}

const statusCodes: Readonly<Record<string, number>> = {
  'amqp:not-implemented': 501,
  'amqp:not-allowed': 400,
  'amqp:invalid-field': 400,
  'com.microsoft:message-lock-lost': 410,
  'com.microsoft:session-lock-lost': 410,
}

function peek(messages: SubQueue, body: Body): Reply {
  const from = numberOf(body['from-sequence-number'])
  const count = Math.min(numberOf(body['message-count']), PEEK_MESSAGES_MAX)
  const encode = body['omit-message-body'] === true ? bodilessMessage : deliveredMessage
  const found: { message: Buffer }[] = []
  let bytes = 0
  for (const message of messages.peek(from, textOf(body['session-id']))) {
    if (found.length >= count || bytes > PEEK_BYTES_MAX) break
    const encoded = encode(message.content, messages.factsOf(message))
    bytes += encoded.length
    found.push({ message: encoded })
  }
  if (found.length > 0) return ok({ messages: found })
  return { properties: { statusCode: int(204), statusDescription: 'There is no message.' } }
}

/** Numbers beyond 2^53 come as their eight bytes. */
function numberOf(value: unknown): number {
  if (Buffer.isBuffer(value)) return Number(value.readBigInt64BE(0))
  return typeof value === 'number' ? value : 0
}

function renewLocks(messages: SubQueue, body: Body): Reply {
  const { delivery } = messages
  // Azure refuses it too: with sessions it is the session that is locked.
  if (delivery instanceof SessionDelivery)
    throw new BrokerFailure('amqp:not-allowed', 'A message of a session has no lock of its own.')
  const expirations = lockTokensOf(body).map((token) => delivery.renew(token))
  return ok({ expirations: timestamps(expirations) })
}

function renewSessionLock(messages: SubQueue, body: Body): Reply {
  const { delivery } = messages
  if (!(delivery instanceof SessionDelivery))
    throw new BrokerFailure('amqp:not-allowed', 'The queue has no sessions.')
  return ok({ expiration: new Date(delivery.renew(textOf(body['session-id']) ?? '')) })
}

function lockTokensOf(body: Body): string[] {
  const tokens = body['lock-tokens']
  const isList = Array.isArray(tokens) && tokens.length > 0 && tokens.length <= LOCK_TOKENS_MAX
  if (!isList || !tokens.every((token) => Buffer.isBuffer(token) && token.length === 16)) {
    throw new BrokerFailure('amqp:invalid-field', `lock-tokens must be 1 to ${LOCK_TOKENS_MAX} uuids.`)
  }
  return tokens.map((token) => tokenOfBytes(token as Buffer))
}

/** The settlement of a message whose link is gone. */
async function updateDisposition(messages: SubQueue, body: Body): Promise<Reply> {
  const properties = (body['properties-to-modify'] ?? {}) as Body
  for (const token of lockTokensOf(body)) {
    switch (body['disposition-status']) {
      case 'completed':
        await messages.complete(token)
        break
      case 'abandoned':
        await messages.abandon(token, properties)
        break
      case 'suspended':
        await messages.deadLetter(token, {
          reason: textOf(body['deadletter-reason']),
          description: textOf(body['deadletter-description']),
          properties,
        })
        break
      default:
        throw notBuilt(`the disposition '${String(body['disposition-status'])}'`)
    }
  }
  return ok()
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function ok(body?: unknown): Reply {
  return { properties: { statusCode: int(200), statusDescription: 'OK' }, body }
}
