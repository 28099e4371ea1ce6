import { crc32 } from 'node:zlib'
import { TrickleError } from '../../errors/index.ts'
import { seal, unseal, VECTOR_BYTES } from './seal.ts'
import type { SealContext, SealKeyring } from './seal.ts'

/**
 * Opaque tokens. Transaction ids and positions count the writes of all tenants, so they are sealed. Otherwise a tenant
 * could learn from two of its own tokens how much the others write. The seal is bound to the tenant's id, which is not
 * in the token.
 *
 *   byte 0 format (2) | 1 kind | 2..5 key id | 6..21 epoch | 22..37 vector | 38..57 sealed numbers | 58..61 CRC-32
 *
 * The sealed numbers are: 0..7 xid | 8..15 position or version | 16..19 timeline. If the key id is not known here, the
 * CRC shows whether the token was cut or mistyped. If it was not, its reader is told where to go on.
 */
const FORMAT = 2
const kind = { checkpoint: 1, consistency: 2 } as const
const KEY_ID_AT = 2
const EPOCH_AT = 6
const SEALED_AT = 22
const NUMBER_BYTES = 20
const NUMBERS_AT = SEALED_AT + VECTOR_BYTES
const CRC_AT = NUMBERS_AT + NUMBER_BYTES
const TOKEN_BYTES = CRC_AT + 4
const TOKEN_CHARACTERS = Math.ceil((TOKEN_BYTES * 4) / 3)

/** A point in the feed: everything up to and including (xid, position) has been seen. */
export interface Checkpoint {
  readonly epoch: string
  readonly xid: bigint
  readonly position: bigint
}

/** What a write returns, so that a later read, on any replica, can be required to see this write. */
export interface ConsistencyPoint {
  readonly epoch: string
  readonly xid: bigint
  readonly version: bigint
  readonly timeline: number
}

/** The token was sealed with a key that is not among those given. */
export type UnknownKey = 'unknown-key'

export function encodeCheckpoint(
  keyring: SealKeyring,
  tenantId: string,
  { epoch, xid, position }: Checkpoint,
): string {
  return encode(keyring, kind.checkpoint, tenantId, { epoch, xid, number: position, timeline: 0 })
}

export function encodeConsistency(
  keyring: SealKeyring,
  tenantId: string,
  { epoch, xid, version, timeline }: ConsistencyPoint,
): string {
  return encode(keyring, kind.consistency, tenantId, { epoch, xid, number: version, timeline })
}

/** @throws TrickleError INVALID_CURSOR when the token has another form, is damaged, or belongs to another tenant. */
export function decodeCheckpoint(
  keyring: SealKeyring,
  tenantId: string,
  token: string,
): Checkpoint | UnknownKey {
  const content = decode(keyring, kind.checkpoint, tenantId, token)
  if (content === 'unknown-key') return content
  return { epoch: content.epoch, xid: content.xid, position: content.number }
}

/** @throws TrickleError INVALID_CURSOR, as decodeCheckpoint. */
export function decodeConsistency(
  keyring: SealKeyring,
  tenantId: string,
  token: string,
): ConsistencyPoint | UnknownKey {
  const content = decode(keyring, kind.consistency, tenantId, token)
  if (content === 'unknown-key') return content
  const { epoch, xid, number, timeline } = content
  return { epoch, xid, version: number, timeline }
}

interface Content {
  readonly epoch: string
  readonly xid: bigint
  readonly number: bigint
  readonly timeline: number
}

function encode(keyring: SealKeyring, kind: number, tenantId: string, content: Content): string {
  const bytes = Buffer.alloc(TOKEN_BYTES)
  bytes.writeUInt8(FORMAT, 0)
  bytes.writeUInt8(kind, 1)
  bytes.write(keyring.sealing.id, KEY_ID_AT, 'hex')
  bytes.write(content.epoch.replaceAll('-', ''), EPOCH_AT, 'hex')
  bytes.writeBigInt64BE(content.xid, NUMBERS_AT)
  bytes.writeBigInt64BE(content.number, NUMBERS_AT + 8)
  bytes.writeUInt32BE(content.timeline, NUMBERS_AT + 16)
  seal(keyring.sealing, contextOf(bytes, tenantId), bytes.subarray(SEALED_AT, CRC_AT))
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT)
  return bytes.toString('base64url')
}

function decode(keyring: SealKeyring, kind: number, tenantId: string, token: string): Content | UnknownKey {
  const bytes = token.length === TOKEN_CHARACTERS ? Buffer.from(token, 'base64url') : Buffer.alloc(0)
  const isWhole = bytes.length === TOKEN_BYTES && bytes.toString('base64url') === token
  if (!isWhole || bytes.readUInt32BE(CRC_AT) !== crc32(bytes.subarray(0, CRC_AT))) throw notOurs()
  if (bytes.readUInt8(0) !== FORMAT) throw notOurs()
  if (bytes.readUInt8(1) !== kind) throw invalid('It is a token of another kind.')
  const key = keyring.byId.get(bytes.toString('hex', KEY_ID_AT, EPOCH_AT))
  if (key === undefined) return 'unknown-key'
  const numbers = unseal(key, contextOf(bytes, tenantId), bytes.subarray(SEALED_AT, CRC_AT))
  if (numbers === undefined) throw notOurs()
  return {
    epoch: uuidAt(bytes, EPOCH_AT),
    xid: numbers.readBigInt64BE(0),
    number: numbers.readBigInt64BE(8),
    timeline: numbers.readUInt32BE(16),
  }
}

const contextOf = (bytes: Buffer, tenantId: string): SealContext => ({
  clear: bytes.subarray(0, SEALED_AT),
  tenant: Buffer.from(tenantId.replaceAll('-', ''), 'hex'),
})

function uuidAt(bytes: Buffer, offset: number): string {
  return bytes
    .toString('hex', offset, offset + 16)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** One text for a damaged token, a forged one and one of another tenant, so that a caller can't learn which it is. */
const notOurs = (): TrickleError =>
  invalid('It is damaged, belongs to another tenant, or was not made by this server.')

const invalid = (why: string): TrickleError =>
  new TrickleError(
    'INVALID_CURSOR',
    `The token can't be used. ${why} Use a token exactly as a response gave it, or none to begin at the start.`,
  )
