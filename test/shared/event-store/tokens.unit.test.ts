import { assert, base64String, bigInt, nat, oneof, property, string, uuid } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeCheckpoint,
  decodeConsistency,
  encodeCheckpoint,
  encodeConsistency,
} from '../../../shared/event-store/index.ts'

const TENANT = 'a3bb189e-8bf9-3888-9912-ace4e6543002'
const OTHER = 'a3bb189e-8bf9-3888-9912-ace4e6543003'
const EPOCH = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const INT64_MAX = 2n ** 63n - 1n

const checkpoint = { epoch: EPOCH, xid: 4_294_967_301n, position: 77n }
const consistency = { epoch: EPOCH, xid: 12n, version: 3n, timeline: 255 }
const refusal = { code: 'INVALID_CURSOR', status: 400 }

function refusalOf(decode: () => unknown): unknown {
  try {
    return decode()
  } catch (error) {
    return error
  }
}

describe('tokens', () => {
  it('give back what they were made of', () => {
    const int64 = bigInt({ min: 0n, max: INT64_MAX })
    assert(
      property(uuid(), uuid(), int64, int64, nat(), (tenant, epoch, xid, number, timeline) => {
        expect(decodeCheckpoint(tenant, encodeCheckpoint(tenant, { epoch, xid, position: number }))).toEqual({
          epoch,
          xid,
          position: number,
        })
        const point = { epoch, xid, version: number, timeline }
        expect(decodeConsistency(tenant, encodeConsistency(tenant, point))).toEqual(point)
      }),
    )
  })

  it('fit in a url as they are', () => {
    expect(encodeCheckpoint(TENANT, checkpoint)).toMatch(/^[A-Za-z0-9_-]{78}$/)
  })

  it('are refused with any single character changed', () => {
    const token = encodeCheckpoint(TENANT, checkpoint)
    const accepted: string[] = []
    for (let at = 0; at < token.length; at += 1) {
      for (const character of ALPHABET.replace(token.charAt(at), '')) {
        const changed = token.slice(0, at) + character + token.slice(at + 1)
        const outcome = refusalOf(() => decodeCheckpoint(TENANT, changed)) as { code?: string }
        if (outcome.code !== 'INVALID_CURSOR') accepted.push(changed)
      }
    }
    expect(accepted).toEqual([])
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
    ['empty', () => ''],
  ])('are refused %s', (_what, change) => {
    expect(
      refusalOf(() => decodeCheckpoint(TENANT, change(encodeCheckpoint(TENANT, checkpoint)))),
    ).toMatchObject(refusal)
  })

  it('are refused when they are noise', () => {
    assert(
      property(oneof(string(), base64String({ minLength: 76, maxLength: 80 })), (noise) => {
        expect(refusalOf(() => decodeCheckpoint(TENANT, noise))).toMatchObject(refusal)
      }),
    )
  })

  it('are refused for another tenant', () => {
    expect(refusalOf(() => decodeCheckpoint(OTHER, encodeCheckpoint(TENANT, checkpoint)))).toMatchObject({
      ...refusal,
      detail: expect.stringContaining('another tenant') as string,
    })
  })

  it('are refused in the place of another kind', () => {
    expect(refusalOf(() => decodeCheckpoint(TENANT, encodeConsistency(TENANT, consistency)))).toMatchObject(
      refusal,
    )
    expect(refusalOf(() => decodeConsistency(TENANT, encodeCheckpoint(TENANT, checkpoint)))).toMatchObject(
      refusal,
    )
  })

  it('are refused when they name a point that no database has', () => {
    for (const point of [
      { ...checkpoint, xid: INT64_MAX + 1n },
      { ...checkpoint, position: 2n ** 64n - 1n },
    ]) {
      expect(refusalOf(() => decodeCheckpoint(TENANT, encodeCheckpoint(TENANT, point)))).toMatchObject(
        refusal,
      )
    }
  })

  it('say nothing of themselves in the refusal', () => {
    const damaged = `x${encodeCheckpoint(TENANT, checkpoint).slice(1)}`
    expect(JSON.stringify(refusalOf(() => decodeCheckpoint(TENANT, damaged)))).not.toContain(
      damaged.slice(0, 20),
    )
  })
})
