/** What is known of a message besides its body. Null where the host does not tell it for certain. */
export interface Delivery {
  readonly body: Uint8Array
  readonly messageId: string | null
  readonly sessionId: string | null
  readonly sequenceNumber: bigint | null
  readonly contentType: string | null
  readonly enqueuedAt: Date | null
  /** 1 at the first delivery. */
  readonly deliveryCount: number | null
  /** The host writes the first letter of each name in lower case. */
  readonly applicationProperties: Readonly<Record<string, unknown>>
}

type Metadata = Readonly<Record<string, unknown>>

/** A message that a function gets alone. The host's JSON sniffing does not reach a body that is given as bytes. */
export function deliveryOf(message: unknown, metadata: Metadata = {}): Delivery {
  return deliveryFrom(message, (name) => metadata[name])
}

/**
 * The messages of a batch. What the host tells besides the bodies are arrays, and it leaves empty texts out of those: an
 * array that is shorter than the batch says nothing of any single message. The sequence numbers are numbers, of which
 * none is left out. So as many of them as there are bodies also prove that no body was left out.
 */
export function deliveriesOf(messages: unknown, metadata: Metadata = {}): Delivery[] {
  const bodies: readonly unknown[] = Array.isArray(messages) ? messages : [messages]
  const isWhole = listIn(metadata, 'sequenceNumber')?.length === bodies.length
  return bodies.map((body, index) =>
    deliveryFrom(body, (name) => {
      const list = isWhole ? listIn(metadata, name) : undefined
      return list?.length === bodies.length ? list[index] : undefined
    }),
  )
}

function listIn(metadata: Metadata, name: string): readonly unknown[] | undefined {
  const list = metadata[`${name}Array`]
  return Array.isArray(list) ? list : undefined
}

function deliveryFrom(body: unknown, valueOf: (name: string) => unknown): Delivery {
  return {
    body: bytesOf(body),
    messageId: textOf(valueOf('messageId')),
    sessionId: textOf(valueOf('sessionId')),
    sequenceNumber: longOf(valueOf('sequenceNumber')),
    contentType: textOf(valueOf('contentType')),
    enqueuedAt: timeOf(valueOf('enqueuedTimeUtc')),
    deliveryCount: countOf(valueOf('deliveryCount')),
    applicationProperties: objectOf(valueOf('applicationProperties')),
  }
}

/** Bytes, as the trigger asks for. A person who calls the function by hand may give it text or JSON. */
function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? null))
}

/** The library parses each text as JSON: the id 123 comes as a number, and of a large number the last digits are lost. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : null
}

/** A 64-bit number of a batch comes as its two halves. */
function longOf(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null
  if (typeof value === 'string') return /^-?\d{1,19}$/.test(value) ? BigInt(value) : null
  const { low, high } = objectOf(value)
  if (typeof low !== 'number' || typeof high !== 'number') return null
  return (BigInt(Math.trunc(high)) << 32n) | BigInt.asUintN(32, BigInt(Math.trunc(low)))
}

function timeOf(value: unknown): Date | null {
  if (typeof value !== 'string' && !(value instanceof Date)) return null
  const time = new Date(value)
  return Number.isNaN(time.getTime()) ? null : time
}

const countOf = (value: unknown): number | null => {
  const count = typeof value === 'string' ? Number(value) : value
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : null
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
