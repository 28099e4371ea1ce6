import { randomUUID } from 'node:crypto'
import { BrokerFailure } from '../failure.ts'
import { ID_LENGTH_MAX } from '../limits.ts'
import { elementsOf, idOf, malformed, textOf, unsignedOf, valueEnd } from './amqp-values.ts'
import { NULL_VALUE, list, map, propertyValue, section, text } from './amqp-encoding.ts'

/** A message as a sender gave it. All parts are pieces of `raw`, so that values keep the types that the sender chose. */
export interface MessageContent {
  /** Everything, in the form that is stored. */
  readonly raw: Buffer
  readonly id: string
  readonly sessionId: string | undefined
  /** Undefined: as long as the queue keeps messages. */
  readonly timeToLiveMs: number | undefined
  /** Keys and values in turn, encoded. */
  readonly annotations: readonly Buffer[]
  /** The section of properties, with its descriptor. */
  readonly properties: Buffer
  /** Keys and values in turn, encoded. */
  readonly applicationProperties: readonly Buffer[]
  /** The sections of the body and what follows them. */
  readonly body: Buffer
}

/** Descriptors of the sections of a message (part 3 of the specification, "Messaging"). */
export const SECTION_HEADER = 0x70
export const SECTION_ANNOTATIONS = 0x72
const SECTION_PROPERTIES = 0x73
export const SECTION_APPLICATION_PROPERTIES = 0x74
export const SECTION_DATA = 0x75

const PROPERTY_MESSAGE_ID = 0
const PROPERTY_SESSION_ID = 10
const HEADER_TIME_TO_LIVE = 2

/** The field of a time to live has four bytes. A client could still write a longer number there. */
const UINT_MAX = 0xff_ff_ff_ff

/**
 * Reads a message. One without an id gets one, as in Azure: clients settle and renew by it.
 * @param raw is kept, so it must not be a piece of a larger buffer
 * @throws BrokerFailure when it is malformed or an id is too long
 */
export function readMessage(raw: Buffer): MessageContent {
  const parts = partsOf(raw)
  const id = idOf(parts.propertyElements[PROPERTY_MESSAGE_ID])
  if (id === undefined || id === '') return readMessage(withId(parts, randomUUID().replaceAll('-', '')))
  const sessionId = textOf(parts.propertyElements[PROPERTY_SESSION_ID])
  for (const [name, value] of [['message id', id] as const, ['session id', sessionId ?? ''] as const]) {
    if (value.length > ID_LENGTH_MAX)
      throw new BrokerFailure('amqp:invalid-field', `The ${name} has more than ${ID_LENGTH_MAX} characters.`)
  }
  return { raw, id, sessionId, ...parts }
}

interface Parts extends Pick<
  MessageContent,
  'timeToLiveMs' | 'annotations' | 'properties' | 'applicationProperties' | 'body'
> {
  readonly propertyElements: readonly Buffer[]
}

function partsOf(raw: Buffer): Parts {
  const found = new Map<number, Buffer>()
  let at = 0
  while (at < raw.length) {
    const end = valueEnd(raw, at)
    const kind = descriptorOf(raw, at)
    if (kind >= SECTION_DATA) break
    found.set(kind, raw.subarray(at, end))
    at = end
  }
  const header = elementsIn(found.get(SECTION_HEADER))
  const timeToLive = unsignedOf(header[HEADER_TIME_TO_LIVE])
  return {
    timeToLiveMs: timeToLive === undefined ? undefined : Math.min(Number(timeToLive), UINT_MAX),
    annotations: elementsIn(found.get(SECTION_ANNOTATIONS)),
    properties: found.get(SECTION_PROPERTIES) ?? Buffer.alloc(0),
    propertyElements: elementsIn(found.get(SECTION_PROPERTIES)),
    applicationProperties: elementsIn(found.get(SECTION_APPLICATION_PROPERTIES)),
    body: raw.subarray(at),
  }
}

const symbolicDescriptors: Readonly<Record<string, number>> = {
  'amqp:header:list': 0x70,
  'amqp:delivery-annotations:map': 0x71,
  'amqp:message-annotations:map': 0x72,
  'amqp:properties:list': 0x73,
  'amqp:application-properties:map': 0x74,
  'amqp:data:binary': 0x75,
  'amqp:amqp-sequence:list': 0x76,
  'amqp:amqp-value:*': 0x77,
  'amqp:footer:map': 0x78,
}

/** The kind of the section that begins at `offset`. */
function descriptorOf(raw: Buffer, offset: number): number {
  if (raw[offset] !== 0x00) throw malformed()
  const descriptor = raw.subarray(offset + 1, valueEnd(raw, offset + 1))
  const symbolic = textOf(descriptor)
  const kind = symbolic === undefined ? unsignedOf(descriptor) : symbolicDescriptors[symbolic]
  if (kind === undefined) throw malformed()
  return Number(kind)
}

function elementsIn(part: Buffer | undefined): Buffer[] {
  return part === undefined ? [] : elementsOf(part, valueEnd(part, 1))
}

function withId(parts: Parts, id: string): Buffer {
  const elements = [...parts.propertyElements]
  elements[PROPERTY_MESSAGE_ID] = text(id)
  return assembled({ ...parts, properties: section(SECTION_PROPERTIES, list(elements)) })
}

function assembled(parts: Omit<Parts, 'propertyElements'>): Buffer {
  const { timeToLiveMs } = parts
  const header = [NULL_VALUE, NULL_VALUE, timeToLiveMs === undefined ? NULL_VALUE : fourBytes(timeToLiveMs)]
  return Buffer.concat([
    section(SECTION_HEADER, list(header)),
    section(SECTION_ANNOTATIONS, map(parts.annotations)),
    parts.properties,
    section(SECTION_APPLICATION_PROPERTIES, map(parts.applicationProperties)),
    parts.body,
  ])
}

function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x70
  bytes.writeUInt32BE(value, 1)
  return bytes
}

/** The message with some application properties set; the others stay as they are. */
export function withApplicationProperties(
  content: MessageContent,
  changes: Readonly<Record<string, unknown>>,
): MessageContent {
  const names = new Set(Object.keys(changes))
  if (names.size === 0) return content
  const kept: Buffer[] = []
  for (let index = 0; index + 1 < content.applicationProperties.length; index += 2) {
    const [key, value] = content.applicationProperties.slice(index, index + 2)
    if (key !== undefined && value !== undefined && !names.has(textOf(key) ?? '')) kept.push(key, value)
  }
  const added = Object.entries(changes).flatMap(([name, value]) => [text(name), propertyValue(value)])
  return readMessage(assembled({ ...content, applicationProperties: [...kept, ...added] }))
}

/** True when the sender wants it to appear later. */
export function isScheduled({ annotations }: MessageContent): boolean {
  return annotations.some((key, index) => index % 2 === 0 && textOf(key) === 'x-opt-scheduled-enqueue-time')
}

/** The messages of a batch: each is the content of one data section (message format 0x80013700). */
export function messagesOfBatch(envelope: Buffer): Buffer[] {
  const messages: Buffer[] = []
  let at = 0
  while (at < envelope.length) {
    const end = valueEnd(envelope, at)
    // The envelope's own properties are copies of the first message's.
    if (descriptorOf(envelope, at) === SECTION_DATA) messages.push(Buffer.from(dataIn(envelope, at)))
    at = end
  }
  if (messages.length === 0) throw malformed()
  return messages
}

function dataIn(bytes: Buffer, sectionStart: number): Buffer {
  const start = valueEnd(bytes, sectionStart + 1)
  const headLength = bytes[start] === 0xb0 ? 5 : 2
  if (headLength === 2 && bytes[start] !== 0xa0) throw malformed()
  return bytes.subarray(start + headLength, valueEnd(bytes, start))
}
