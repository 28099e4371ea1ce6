import { crc32 } from 'node:zlib'
import { TrickleError } from '../errors/index.ts'

/**
 * Opaque tokens: a version byte, a kind, the epoch of the log, the tenant, numbers, and a CRC-32 that tells a token
 * that was cut or mistyped from one of another time. Not signed: a token opens nothing that row-level security doesn't.
 *
 *   byte 0 format (1) | 1 kind | 2..17 epoch | 18..33 tenant | 34..41 xid | 42..49 position or version | 50..53 timeline | CRC
 */
const FORMAT = 1
const BODY_BYTES = 54
const KIND = { checkpoint: 1, consistency: 2 } as const

/** Highest value of the signed 64-bit numbers that the database compares with; a token beyond it was not made here. */
const INT64_MAX = 2n ** 63n - 1n

/** A point in the feed: everything up to and including (xid, position) has been seen. */
export interface Checkpoint {
  readonly epoch: string
  readonly xid: bigint
  readonly position: bigint
}

/** What a write returns so that a later read, on any replica, can be asked to have seen it. */
export interface ConsistencyPoint {
  readonly epoch: string
  readonly xid: bigint
  readonly version: bigint
  readonly timeline: number
}

export function encodeCheckpoint(tenantId: string, { epoch, xid, position }: Checkpoint): string {
  return encode(KIND.checkpoint, tenantId, epoch, xid, position, 0)
}

export function encodeConsistency(
  tenantId: string,
  { epoch, xid, version, timeline }: ConsistencyPoint,
): string {
  return encode(KIND.consistency, tenantId, epoch, xid, version, timeline)
}

/** @throws TrickleError INVALID_CURSOR when the token has another form, is damaged, or belongs to another tenant. */
export function decodeCheckpoint(tenantId: string, token: string): Checkpoint {
  const { epoch, xid, number } = decode(KIND.checkpoint, tenantId, token)
  return { epoch, xid, position: number }
}

/** @throws TrickleError INVALID_CURSOR, as decodeCheckpoint. */
export function decodeConsistency(tenantId: string, token: string): ConsistencyPoint {
  const { epoch, xid, number, timeline } = decode(KIND.consistency, tenantId, token)
  return { epoch, xid, version: number, timeline }
}

function encode(
  kind: number,
  tenantId: string,
  epoch: string,
  xid: bigint,
  number: bigint,
  timeline: number,
): string {
  const bytes = Buffer.alloc(BODY_BYTES + 4)
  bytes.writeUInt8(FORMAT, 0)
  bytes.writeUInt8(kind, 1)
  bytes.write(epoch.replaceAll('-', ''), 2, 'hex')
  bytes.write(tenantId.replaceAll('-', ''), 18, 'hex')
  bytes.writeBigUInt64BE(xid, 34)
  bytes.writeBigUInt64BE(number, 42)
  bytes.writeUInt32BE(timeline, 50)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, BODY_BYTES)), BODY_BYTES)
  return bytes.toString('base64url')
}

const TOKEN_CHARACTERS = Math.ceil(((BODY_BYTES + 4) * 4) / 3)

function decode(kind: number, tenantId: string, token: string) {
  const bytes = token.length === TOKEN_CHARACTERS ? Buffer.from(token, 'base64url') : Buffer.alloc(0)
  const isWhole = bytes.length === BODY_BYTES + 4 && bytes.toString('base64url') === token
  if (!isWhole || bytes.readUInt32BE(BODY_BYTES) !== crc32(bytes.subarray(0, BODY_BYTES))) {
    throw invalid('It is damaged or was not made by this server.')
  }
  if (bytes.readUInt8(0) !== FORMAT || bytes.readUInt8(1) !== kind)
    throw invalid('It is a token of another kind.')
  if (uuidAt(bytes, 18) !== tenantId) throw invalid('It was made for another tenant.')
  const xid = bytes.readBigUInt64BE(34)
  const number = bytes.readBigUInt64BE(42)
  if (xid > INT64_MAX || number > INT64_MAX) throw invalid('It names a point that can not exist.')
  return { epoch: uuidAt(bytes, 2), xid, number, timeline: bytes.readUInt32BE(50) }
}

function uuidAt(bytes: Buffer, offset: number): string {
  return bytes
    .toString('hex', offset, offset + 16)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const invalid = (why: string): TrickleError =>
  new TrickleError(
    'INVALID_CURSOR',
    `The token can't be used. ${why} Use a token exactly as a response gave it, or none to begin at the start.`,
  )
