import { createCipheriv, hkdfSync } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { assert, base64String, bigInt, nat, oneof, property, string, uint8Array, uuid } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeCheckpoint,
  decodeConsistency,
  encodeCheckpoint,
  encodeConsistency,
  sealKeyOf,
} from '../../../../shared/event-store/index.ts'
import type { SealKey, SealKeyring } from '../../../../shared/event-store/index.ts'
import { crypt } from '../../../../shared/event-store/tokens/seal.ts'

const TENANT = 'a3bb189e-8bf9-3888-9912-ace4e6543002'
const OTHER = 'a3bb189e-8bf9-3888-9912-ace4e6543003'
const EPOCH = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const INT64_MAX = 2n ** 63n - 1n
const sealSecret = Buffer.from(Array.from({ length: 32 }, (_, index) => index))

const key = (id: string, secret: Buffer = sealSecret): SealKey => sealKeyOf(id, secret)
const ring = (sealing: SealKey, ...others: SealKey[]): SealKeyring => ({
  sealing,
  byId: new Map([sealing, ...others].map((each) => [each.id, each])),
})
const keys = ring(key('0a1b2c3d'))

const checkpoint = { epoch: EPOCH, xid: 4_294_967_301n, position: 77n }
const consistency = { epoch: EPOCH, xid: 12n, version: 3n, timeline: 255 }
const refusal = { code: 'INVALID_CURSOR', status: 400 }

/** What comes of opening: a value, or what was thrown. */
function outcomeOf(decode: () => unknown): unknown {
  try {
    return decode()
  } catch (error) {
    return error
  }
}
const opened = (token: string, tenant = TENANT): unknown =>
  outcomeOf(() => decodeCheckpoint(keys, tenant, token))

/** Changes bytes of a token, and makes its CRC right again, as a forger would. */
function forged(token: string, change: (bytes: Buffer) => void): string {
  const bytes = Buffer.from(token, 'base64url')
  change(bytes)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes.toString('base64url')
}

describe('tokens', () => {
  it.each([
    [
      'a checkpoint',
      () => encodeCheckpoint(keys, TENANT, checkpoint),
      'AgEKGyw9a6e4EJ2tQdGAtADAT9QwyFC7nU-IAcnww12rzUJrd8MrQ3Vy8osIqX2JXJ4D7NDZLVwwRH75qMY',
    ],
    [
      'a consistency token',
      () => encodeConsistency(keys, TENANT, consistency),
      'AgIKGyw9a6e4EJ2tQdGAtADAT9QwyHCf7XvghAH7BIniSm_3R5Y1KP3zMylvLQ6PC9SJyTapL7cmwer0XtA',
    ],
    [
      'the beginning',
      () => encodeCheckpoint(keys, TENANT, { epoch: EPOCH, xid: 0n, position: 0n }),
      'AgEKGyw9a6e4EJ2tQdGAtADAT9QwyNFlm-6noghF5OVbj8OC6noN8o0R_Fjmg6uP2mRfFjxhuv7EiBR4hiA',
    ],
    [
      'the last point, by another key',
      () =>
        encodeCheckpoint(ring(key('ffffffff', Buffer.alloc(32, 255))), TENANT, {
          epoch: EPOCH,
          xid: INT64_MAX,
          position: INT64_MAX,
        }),
      'AgH_____a6e4EJ2tQdGAtADAT9QwyPMMO7nloMEDHcN8bAKF5HkO3b_iFtJXHes2FVszFDoqU__lpp8KEFA',
    ],
  ])('are as HKDF, HMAC and AES of another maker give them: %s', (_what, encode, expected) => {
    expect(encode()).toBe(expected)
  })

  it('give back what they were made of, and are equal when that is equal', () => {
    const int64 = bigInt({ min: 0n, max: INT64_MAX })
    const secret = uint8Array({ minLength: 32, maxLength: 32 })
    assert(
      property(uuid(), uuid(), int64, int64, nat(), secret, (tenant, epoch, xid, number, timeline, bytes) => {
        const [here, there] = [
          ring(key('00000001', Buffer.from(bytes))),
          ring(key('00000001', Buffer.from(bytes))),
        ]
        const point = { epoch, xid, position: number }
        const token = encodeCheckpoint(here, tenant, point)
        expect(encodeCheckpoint(there, tenant, point)).toBe(token)
        expect(decodeCheckpoint(there, tenant, token)).toEqual(point)
        const written = { epoch, xid, version: number, timeline }
        const consistencyToken = encodeConsistency(here, tenant, written)
        expect(encodeConsistency(there, tenant, written)).toBe(consistencyToken)
        expect(decodeConsistency(there, tenant, consistencyToken)).toEqual(written)
      }),
    )
  })

  it('fit in a url as they are, and all have one length', () => {
    for (const point of [checkpoint, { epoch: EPOCH, xid: 0n, position: 0n }])
      expect(encodeCheckpoint(keys, TENANT, point)).toMatch(/^[A-Za-z0-9_-]{83}$/)
  })

  it('are refused with any single character changed', () => {
    const token = encodeCheckpoint(keys, TENANT, checkpoint)
    const accepted: string[] = []
    for (let at = 0; at < token.length; at += 1) {
      for (const character of ALPHABET.replace(token.charAt(at), '')) {
        const changed = token.slice(0, at) + character + token.slice(at + 1)
        if ((opened(changed) as { code?: string }).code !== 'INVALID_CURSOR') accepted.push(changed)
      }
    }
    expect(accepted).toEqual([])
  })

  it('are refused with any single bit forged, whatever it belongs to', () => {
    const token = encodeCheckpoint(keys, TENANT, checkpoint)
    const outcomes = new Map<string, number>()
    for (let bit = 0; bit < 58 * 8; bit += 1) {
      const outcome = opened(
        forged(token, (bytes) => {
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        }),
      )
      const name = outcome === 'unknown-key' ? outcome : ((outcome as { code?: string }).code ?? 'taken')
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1)
    }
    expect(Object.fromEntries(outcomes)).toEqual({ INVALID_CURSOR: 54 * 8, 'unknown-key': 4 * 8 })
  })

  it.each([
    ['cut', (token: string) => token.slice(0, -1)],
    ['cut at the front', (token: string) => token.slice(1)],
    ['lengthened', (token: string) => `${token}A`],
    ['padded', (token: string) => `${token}==`],
    ['with white space', (token: string) => ` ${token.slice(1)}`],
    ['in standard base64', (token: string) => `+/${token.slice(2)}`],
    ['in another case', (token: string) => token.toLowerCase()],
    ['doubled', (token: string) => token + token],
    ['of an earlier format', (token: string) => forged(token, (bytes) => bytes.writeUInt8(1, 0))],
    ['of a later format', (token: string) => forged(token, (bytes) => bytes.writeUInt8(3, 0))],
    ['empty', () => ''],
  ])('are refused %s', (_what, change) => {
    expect(opened(change(encodeCheckpoint(keys, TENANT, checkpoint)))).toMatchObject(refusal)
  })

  it('are refused when they are noise', () => {
    assert(
      property(oneof(string(), base64String({ minLength: 80, maxLength: 84 })), (noise) => {
        expect(opened(noise)).toMatchObject(refusal)
      }),
    )
  })

  it('are refused in the place of another kind, also with the kind forged', () => {
    const ofConsistency = encodeConsistency(keys, TENANT, { ...consistency, timeline: 0 })
    const ofCheckpoint = encodeCheckpoint(keys, TENANT, checkpoint)
    for (const token of [ofConsistency, forged(ofConsistency, (bytes) => bytes.writeUInt8(1, 1))])
      expect(opened(token)).toMatchObject(refusal)
    for (const token of [ofCheckpoint, forged(ofCheckpoint, (bytes) => bytes.writeUInt8(2, 1))])
      expect(outcomeOf(() => decodeConsistency(keys, TENANT, token))).toMatchObject(refusal)
  })

  it('can not be made for a point that no database has', () => {
    for (const point of [
      { ...checkpoint, xid: INT64_MAX + 1n },
      { ...checkpoint, position: 2n ** 64n - 1n },
    ])
      expect(() => encodeCheckpoint(keys, TENANT, point)).toThrow(RangeError)
  })

  it('say nothing of themselves in the refusal', () => {
    const damaged = `x${encodeCheckpoint(keys, TENANT, checkpoint).slice(1)}`
    expect(JSON.stringify(opened(damaged))).not.toContain(damaged.slice(0, 20))
  })
})

describe('a token of another tenant', () => {
  it('is refused, with the very answer that a damaged and a forged one get', () => {
    const token = encodeCheckpoint(keys, TENANT, checkpoint)
    const answers = [
      opened(token, OTHER),
      opened(`${token.slice(0, -2)}AA`),
      opened(forged(token, (bytes) => bytes.writeUInt8((bytes[50] ?? 0) ^ 1, 50))),
      opened(forged(token, (bytes) => bytes.fill(7, 22, 58))),
    ] as { code: string; detail: string; extensions?: object }[]
    const [first] = answers
    expect(first).toMatchObject(refusal)
    for (const { code, detail, extensions } of answers)
      expect({ code, detail, extensions }).toEqual({
        code: first?.code,
        detail: first?.detail,
        extensions: first?.extensions,
      })
  })

  it('names no tenant in its bytes, and has nothing but its clear part in common with the own one', () => {
    const [own, foreign] = [TENANT, OTHER].map((tenant) =>
      Buffer.from(encodeCheckpoint(keys, tenant, checkpoint), 'base64url'),
    )
    expect(own?.toString('hex')).not.toContain(TENANT.replaceAll('-', ''))
    expect(own?.subarray(0, 22)).toEqual(foreign?.subarray(0, 22))
    expect(own?.subarray(22, 38)).not.toEqual(foreign?.subarray(22, 38))
    expect(own?.subarray(38, 58)).not.toEqual(foreign?.subarray(38, 58))
  })
})

describe('the numbers of a token', () => {
  it('leave no trace: from one counter to the next no byte keeps its value, its order or its difference', () => {
    const tokens = Array.from({ length: 2_000 }, (_, index) =>
      Buffer.from(encodeCheckpoint(keys, TENANT, { ...checkpoint, xid: BigInt(index) }), 'base64url'),
    )
    for (let at = 22; at < 58; at += 1) {
      const values = tokens.map((bytes) => bytes[at] ?? 0)
      // 256 values, each about 8 times: of a counter some bytes would have one value and others all of them in turn.
      expect(new Set(values).size).toBeGreaterThan(240)
      const rising = values.slice(1).filter((value, index) => value > (values[index] ?? 0)).length
      expect(rising).toBeGreaterThan(800)
      expect(rising).toBeLessThan(1_200)
    }
  })
})

describe('keys', () => {
  const [first, second] = [key('11111111'), key('22222222', Buffer.alloc(32, 9))]
  const token = encodeCheckpoint(ring(first), TENANT, checkpoint)

  it('that do not seal any more still open', () => {
    expect(decodeCheckpoint(ring(second, first), TENANT, token)).toEqual(checkpoint)
    expect(encodeCheckpoint(ring(second, first), TENANT, checkpoint)).not.toBe(token)
  })

  it('that do not seal yet open what another instance has sealed already', () => {
    const ahead = encodeCheckpoint(ring(second, first), TENANT, checkpoint)
    expect(decodeCheckpoint(ring(first, second), TENANT, ahead)).toEqual(checkpoint)
  })

  it('that are gone are told from damage', () => {
    expect(decodeCheckpoint(ring(second), TENANT, token)).toBe('unknown-key')
  })

  it('with one id and another secret open nothing', () => {
    const impostor = ring(key('11111111', Buffer.alloc(32, 1)))
    expect(outcomeOf(() => decodeCheckpoint(impostor, TENANT, token))).toMatchObject(refusal)
  })

  it('can not be put under another id', () => {
    const moved = forged(token, (bytes) => bytes.write('22222222', 2, 'hex'))
    const sameSecret = ring(key('11111111'), key('22222222'))
    expect(outcomeOf(() => decodeCheckpoint(sameSecret, TENANT, moved))).toMatchObject(refusal)
  })

  it.each([
    ['a short secret', '11111111', Buffer.alloc(31)],
    ['a long secret', '11111111', Buffer.alloc(33)],
    ['a short id', '111111', sealSecret],
    ['an id in capitals', 'AAAAAAAA', sealSecret],
  ])('are refused with %s', (_what, id, secret) => {
    expect(() => sealKeyOf(id, secret)).toThrow(RangeError)
  })
})

describe('the encryption', () => {
  const ctr = (vector: Buffer, bytes: Buffer): Buffer => {
    const encryption = Buffer.from(hkdfSync('sha256', sealSecret, '', 'trickle token encryption', 32))
    return createCipheriv('aes-256-ctr', encryption, vector).update(bytes)
  }

  const crypted = (vector: Buffer, bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes)
    crypt(keys.sealing, vector, copy)
    return copy
  }

  it('is AES-256-CTR, as of another maker, for any vector and length', () => {
    const sixteen = uint8Array({ minLength: 16, maxLength: 16 })
    assert(
      property(sixteen, uint8Array({ maxLength: 70 }), (vector, bytes) => {
        const [at, content] = [Buffer.from(vector), Buffer.from(bytes)]
        expect(crypted(at, content)).toEqual(ctr(at, content))
      }),
    )
  })

  it.each(['00'.repeat(15) + 'ff', '01' + 'ff'.repeat(15), 'ff'.repeat(16)])(
    'carries over in the counter %s',
    (hex) => {
      const [vector, bytes] = [Buffer.from(hex, 'hex'), Buffer.alloc(48, 1)]
      expect(crypted(vector, bytes)).toEqual(ctr(vector, bytes))
      expect(crypted(vector, crypted(vector, bytes))).toEqual(bytes)
    },
  )
})
