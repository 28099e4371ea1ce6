import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto'

/**
 * Seals a few bytes so that they can be neither read nor changed, and equal bytes give equal sealed bytes on every
 * instance: readers see by the token alone that they have not moved on.
 *
 * The construction is that of SIV (RFC 5297): the initialisation vector is a truncated HMAC-SHA-256 of the clear part, the
 * tenant and the plaintext, the plaintext is encrypted with AES-256-CTR, and opening computes the vector again. Two
 * plaintexts share a vector by chance alone, so no random number is needed for each token.
 */

/** The two keys that one secret of the database gives: none is used for two purposes. */
export interface SealKey {
  /** 8 hexadecimal digits, in the clear part of a token. */
  readonly id: string
  readonly authentication: KeyObject
  readonly encryption: KeyObject
}

/** The keys of one database: one seals, all of them open. */
export interface SealKeyring {
  readonly sealing: SealKey
  readonly byId: ReadonlyMap<string, SealKey>
}

/** What is bound to sealed bytes. Both parts have a fixed length, so no two pairs run together to the same bytes. */
export interface SealContext {
  /** Stands beside the sealed bytes in clear. */
  readonly clear: Buffer
  /** The 16 bytes of the tenant's id; stands nowhere. */
  readonly tenant: Buffer
}

/** 128 bits of the HMAC, as much as a block of AES. */
export const VECTOR_BYTES = 16

const CIPHER = 'aes-256-ctr'
const KEY_BYTES = 32

/** @param secret 32 random bytes. */
export function sealKeyOf(id: string, secret: Buffer): SealKey {
  if (!/^[0-9a-f]{8}$/.test(id) || secret.length !== KEY_BYTES)
    throw new RangeError('a seal key has an id of 8 hexadecimal digits and a secret of 32 bytes')
  const derive = (purpose: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `trickle token ${purpose}`, KEY_BYTES)))
  return { id, authentication: derive('authentication'), encryption: derive('encryption') }
}

/** The vector, then the encrypted bytes. */
export function seal(key: SealKey, context: SealContext, plaintext: Buffer): Buffer {
  const vector = vectorOf(key, context, plaintext)
  const cipher = createCipheriv(CIPHER, key.encryption, vector)
  return Buffer.concat([vector, cipher.update(plaintext), cipher.final()])
}

/** The plaintext; undefined when a byte or the tenant is another one than when it was sealed. */
export function unseal(key: SealKey, context: SealContext, sealed: Buffer): Buffer | undefined {
  const vector = sealed.subarray(0, VECTOR_BYTES)
  const decipher = createDecipheriv(CIPHER, key.encryption, vector)
  const plaintext = Buffer.concat([decipher.update(sealed.subarray(VECTOR_BYTES)), decipher.final()])
  return timingSafeEqual(vectorOf(key, context, plaintext), vector) ? plaintext : undefined
}

const vectorOf = (key: SealKey, { clear, tenant }: SealContext, plaintext: Buffer): Buffer =>
  createHmac('sha256', key.authentication)
    .update(clear)
    .update(tenant)
    .update(plaintext)
    .digest()
    .subarray(0, VECTOR_BYTES)
