import { crc32 } from 'node:zlib'
import type { SeenId, StoredMessage } from '../engine/index.ts'
import { readMessage } from '../message/index.ts'

/**
 * The records of the journal. Each is the length of its content (4 bytes), the CRC-32 of its content (4 bytes), and the
 * content, whose first byte says what it is. Numbers are big-endian; times are doubles, since Infinity is one of them.
 */
export type JournalRecord =
  | { readonly kind: 'put'; readonly messages: readonly RecordedMessage[] }
  | { readonly kind: 'remove'; readonly queue: string; readonly sequenceNumber: number }
  | {
      readonly kind: 'attempt'
      readonly queue: string
      readonly sequenceNumber: number
      readonly attempts: number
    }
  | { readonly kind: 'seen'; readonly queue: string; readonly id: string; readonly seenAt: number }
  | { readonly kind: 'head'; readonly queue: string; readonly nextSequenceNumber: number }

/** A message and the length of its part of the record. */
export interface RecordedMessage {
  readonly message: Omit<StoredMessage, 'segment' | 'recordBytes'>
  readonly bytes: number
}

const PUT = 1
const REMOVE = 2
const ATTEMPT = 3
const SEEN = 4
const HEAD = 5

export const RECORD_HEAD_BYTES = 8

/** @returns the whole record, and the length of each message in it */
export function putRecord(messages: readonly StoredMessage[]): { record: Buffer; lengths: number[] } {
  const parts = messages.map((message) => messagePart(message))
  const count = Buffer.alloc(5)
  count[0] = PUT
  count.writeUInt32BE(messages.length, 1)
  return {
    record: framed([count, ...parts.flat()]),
    lengths: parts.map(([head, raw]) => head.length + raw.length),
  }
}

function messagePart(message: StoredMessage): [head: Buffer, raw: Buffer] {
  const queue = named(message.queue)
  const numbers = Buffer.alloc(33)
  numbers.writeDoubleBE(message.sequenceNumber, 0)
  numbers.writeDoubleBE(message.enqueuedAt, 8)
  numbers.writeDoubleBE(message.expiresAt, 16)
  numbers.writeUInt32BE(message.attempts, 24)
  numbers.writeUInt8(message.isDeadLetter ? 1 : 0, 28)
  numbers.writeUInt32BE(message.content.raw.length, 29)
  return [Buffer.concat([queue, numbers]), message.content.raw]
}

export function removeRecord({ queue, sequenceNumber }: StoredMessage): Buffer {
  return numbered(REMOVE, queue, sequenceNumber)
}

export function attemptRecord({ queue, sequenceNumber, attempts }: StoredMessage): Buffer {
  return numbered(ATTEMPT, queue, sequenceNumber, attempts)
}

export function seenRecord(queue: string, { id, seenAt }: SeenId): Buffer {
  return framed([Buffer.of(SEEN), named(queue), doubles(seenAt), named(id)])
}

export function headRecord(queue: string, nextSequenceNumber: number): Buffer {
  return numbered(HEAD, queue, nextSequenceNumber)
}

function numbered(kind: number, queue: string, ...numbers: number[]): Buffer {
  return framed([Buffer.of(kind), named(queue), doubles(...numbers)])
}

function named(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length, 0)
  return Buffer.concat([length, bytes])
}

function doubles(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length)
  values.forEach((value, index) => bytes.writeDoubleBE(value, 8 * index))
  return bytes
}

function framed(parts: readonly Buffer[]): Buffer {
  const record = Buffer.concat([Buffer.alloc(RECORD_HEAD_BYTES), ...parts])
  const content = record.subarray(RECORD_HEAD_BYTES)
  record.writeUInt32BE(content.length, 0)
  record.writeUInt32BE(crc32(content), 4)
  return record
}

/**
 * The record that begins at `offset`, and where it ends. Undefined when the bytes there are not a whole record: the end
 * of a file whose last write was cut off, or a broken file.
 */
export function readRecord(
  bytes: Buffer,
  offset: number,
): { record: JournalRecord; end: number } | undefined {
  if (offset + RECORD_HEAD_BYTES > bytes.length) return undefined
  const end = offset + RECORD_HEAD_BYTES + bytes.readUInt32BE(offset)
  if (end > bytes.length || end === offset + RECORD_HEAD_BYTES) return undefined
  const content = bytes.subarray(offset + RECORD_HEAD_BYTES, end)
  if (crc32(content) !== bytes.readUInt32BE(offset + 4)) return undefined
  return { record: contentOf(new Cursor(content)), end }
}

function contentOf(cursor: Cursor): JournalRecord {
  const kind = cursor.byte()
  if (kind === PUT)
    return { kind: 'put', messages: Array.from({ length: cursor.uint() }, () => messageAt(cursor)) }
  const queue = cursor.text()
  const number = cursor.double()
  if (kind === REMOVE) return { kind: 'remove', queue, sequenceNumber: number }
  if (kind === ATTEMPT) return { kind: 'attempt', queue, sequenceNumber: number, attempts: cursor.double() }
  if (kind === SEEN) return { kind: 'seen', queue, seenAt: number, id: cursor.text() }
  if (kind === HEAD) return { kind: 'head', queue, nextSequenceNumber: number }
  throw new Error(`unknown record ${kind}`)
}

function messageAt(cursor: Cursor): RecordedMessage {
  const start = cursor.position
  const queue = cursor.text()
  const [sequenceNumber, enqueuedAt, expiresAt] = [cursor.double(), cursor.double(), cursor.double()]
  const attempts = cursor.uint()
  const isDeadLetter = cursor.byte() === 1
  // A copy: otherwise one message would keep the whole file in memory.
  const content = readMessage(Buffer.from(cursor.bytes(cursor.uint())))
  const message = { queue, sequenceNumber, content, enqueuedAt, expiresAt, attempts, isDeadLetter }
  return { message: { ...message, state: 'arriving' }, bytes: cursor.position - start }
}

/** Reads one value after the other. */
class Cursor {
  position = 0
  readonly #content: Buffer

  constructor(content: Buffer) {
    this.#content = content
  }

  byte(): number {
    this.position += 1
    return this.#content.readUInt8(this.position - 1)
  }

  uint(): number {
    this.position += 4
    return this.#content.readUInt32BE(this.position - 4)
  }

  double(): number {
    this.position += 8
    return this.#content.readDoubleBE(this.position - 8)
  }

  bytes(length: number): Buffer {
    this.position += length
    return this.#content.subarray(this.position - length, this.position)
  }

  text(): string {
    const length = this.#content.readUInt16BE(this.position)
    this.position += 2
    return this.bytes(length).toString('utf8')
  }
}
