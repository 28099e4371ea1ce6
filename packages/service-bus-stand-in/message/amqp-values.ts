import { BrokerFailure } from '../failure.ts'

/**
 * Values in the encoding of AMQP 1.0 (part 1 of the specification, "Types"), as far as the broker has to look into
 * messages: where a value ends, and the few kinds that it reads or writes itself. Everything else stays bytes.
 */

/** How many nested lists, maps and descriptors are followed. */
const NESTING_MAX = 32

/** Where the value that begins at `offset` ends. @throws BrokerFailure when the bytes are not a value */
export function valueEnd(bytes: Buffer, offset: number, depth = 0): number {
  const code = bytes[offset]
  if (code === undefined || depth > NESTING_MAX) throw malformed()
  if (code === 0x00) return valueEnd(bytes, valueEnd(bytes, offset + 1, depth + 1), depth + 1)
  const end = offset + 1 + contentLength(bytes, offset, code)
  if (end > bytes.length) throw malformed()
  return end
}

/** The high half of a code says how long the content is: fixed, or after a size of one or of four bytes. */
function contentLength(bytes: Buffer, offset: number, code: number): number {
  const category = code >>> 4
  if (category === 0x4) return 0
  if (category >= 0x5 && category <= 0x9) return 2 ** (category - 0x5)
  if (category < 0xa) throw malformed()
  const hasShortSize = category % 2 === 0
  if (offset + (hasShortSize ? 2 : 5) > bytes.length) throw malformed()
  return hasShortSize ? 1 + bytes.readUInt8(offset + 1) : 4 + bytes.readUInt32BE(offset + 1)
}

/** The encoded elements of a list or map (a map alternates keys and values). Null has none. */
export function elementsOf(bytes: Buffer, offset: number): Buffer[] {
  const code = bytes[offset]
  if (code === 0x40 || code === 0x45) return []
  const isShort = code === 0xc0 || code === 0xc1
  if (!isShort && code !== 0xd0 && code !== 0xd1) throw malformed()
  const end = valueEnd(bytes, offset)
  const count = isShort ? bytes.readUInt8(offset + 2) : bytes.readUInt32BE(offset + 5)
  const elements: Buffer[] = []
  let at = offset + (isShort ? 3 : 9)
  while (elements.length < count) {
    const next = valueEnd(bytes, at)
    if (next > end) throw malformed()
    elements.push(bytes.subarray(at, next))
    at = next
  }
  return elements
}

/** A string or symbol; undefined for other kinds. */
export function textOf(value: Buffer | undefined): string | undefined {
  const code = value?.[0]
  if (value === undefined || code === undefined) return undefined
  if (code === 0xa1 || code === 0xa3) return value.toString('utf8', 2)
  if (code === 0xb1 || code === 0xb3) return value.toString('utf8', 5)
  return undefined
}

/** An id as text, whichever of the four kinds of AMQP it has (string, number, uuid, bytes). Undefined for null. */
export function idOf(value: Buffer | undefined): string | undefined {
  const text = textOf(value)
  const code = value?.[0]
  if (text !== undefined || value === undefined || code === undefined || code === 0x40) return text
  return unsignedOf(value)?.toString() ?? value.subarray(1).toString('hex')
}

/** An unsigned whole number of any width; undefined for other kinds. */
export function unsignedOf(value: Buffer | undefined): bigint | undefined {
  switch (value?.[0]) {
    case 0x43:
    case 0x44:
      return 0n
    case 0x50:
    case 0x52:
    case 0x53:
      return BigInt(value.readUInt8(1))
    case 0x70:
      return BigInt(value.readUInt32BE(1))
    case 0x80:
      return value.readBigUInt64BE(1)
    default:
      return undefined
  }
}

export function malformed(): BrokerFailure {
  return new BrokerFailure('amqp:decode-error', 'The message is not in the encoding of AMQP 1.0.')
}
