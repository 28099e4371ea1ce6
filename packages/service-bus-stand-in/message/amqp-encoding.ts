/** What the broker writes into messages itself, in the encoding of AMQP 1.0. */

export const NULL_VALUE = Buffer.of(0x40)

export function symbol(text: string): Buffer {
  return variable(0xa3, 0xb3, Buffer.from(text, 'ascii'))
}

export function text(value: string): Buffer {
  return variable(0xa1, 0xb1, Buffer.from(value, 'utf8'))
}

export function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x70
  bytes.writeUInt32BE(value, 1)
  return bytes
}

export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x71
  bytes.writeInt32BE(value, 1)
  return bytes
}

export function long(value: number): Buffer {
  return eightBytes(0x81, value)
}

/** @param value milliseconds since 1970 */
export function timestamp(value: number): Buffer {
  return eightBytes(0x83, value)
}

function eightBytes(code: number, value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = code
  bytes.writeBigInt64BE(BigInt(Math.trunc(value)), 1)
  return bytes
}

/** A value of an application property as rhea has read it. Kinds that are no property become their text. */
export function propertyValue(value: unknown): Buffer {
  if (value === null || value === undefined) return NULL_VALUE
  if (typeof value === 'boolean') return Buffer.of(value ? 0x41 : 0x42)
  if (value instanceof Date) return timestamp(value.getTime())
  if (typeof value === 'number') return Number.isSafeInteger(value) ? long(value) : double(value)
  return text(typeof value === 'string' ? value : JSON.stringify(value))
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = 0x82
  bytes.writeDoubleBE(value, 1)
  return bytes
}

function variable(shortCode: number, longCode: number, content: Buffer): Buffer {
  if (content.length < 256) return Buffer.concat([Buffer.of(shortCode, content.length), content])
  const head = Buffer.alloc(5)
  head[0] = longCode
  head.writeUInt32BE(content.length, 1)
  return Buffer.concat([head, content])
}

/** @param elements already encoded */
export function list(elements: readonly Buffer[]): Buffer {
  return compound(0xd0, elements)
}

/** @param elements keys and values in turn, already encoded */
export function map(elements: readonly Buffer[]): Buffer {
  return compound(0xd1, elements)
}

function compound(code: number, elements: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(9)
  let length = 4
  for (const element of elements) length += element.length
  head[0] = code
  head.writeUInt32BE(length, 1)
  head.writeUInt32BE(elements.length, 5)
  return Buffer.concat([head, ...elements])
}

/** A section of a message: its descriptor and the value. */
export function section(descriptor: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x00, 0x53, descriptor), value])
}
