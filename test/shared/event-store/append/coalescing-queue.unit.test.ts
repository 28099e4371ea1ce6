import { describe, expect, it } from 'vitest'
import type { SingleAppend } from '../../../../shared/event-store/append/statements.ts'
import { takeBatch } from '../../../../shared/event-store/append/coalescing-queue.ts'
import type { WaitingAppend } from '../../../../shared/event-store/append/coalescing-queue.ts'

interface Given {
  readonly stream: string
  readonly tenant?: string
  readonly expected?: number
  readonly type?: string
  readonly key?: string
  readonly bytes?: number
}

function waitingOf({ stream, tenant = 't', expected = -1, type, key, bytes = 100 }: Given): WaitingAppend {
  const append: SingleAppend = {
    tenantId: tenant,
    streams: [
      {
        streamId: stream,
        streamType: type ?? null,
        expected: expected === -1 ? { mode: 'any' } : { mode: 'version', version: expected },
        events: ['{}'],
      },
    ],
    conditions: [],
    bytes,
    mayBeKnown: false,
    trace: null,
    idempotency: key === undefined ? null : { key, fingerprint: Buffer.of() },
    names: [],
  }
  const nothing = (): void => {}
  return {
    append,
    timing: { signal: undefined, deadlineAtMs: undefined },
    onAttempt: nothing,
    resolve: nothing,
    reject: nothing,
  }
}

/** Which of the given go, by their place. */
function goes(given: readonly Given[], underWay: readonly string[] = []): number[] {
  const waiting = given.map(waitingOf)
  const { batch, rest } = takeBatch(waiting, new Map(underWay.map((stream) => [stream, 1])))
  expect([...batch, ...rest].toSorted((a, b) => waiting.indexOf(a) - waiting.indexOf(b))).toEqual(waiting)
  expect(rest.map((append) => waiting.indexOf(append))).toEqual(
    rest.map((append) => waiting.indexOf(append)).toSorted((a, b) => a - b),
  )
  return batch.map((append) => waiting.indexOf(append))
}

describe('takeBatch', () => {
  it.each<[string, Given[], number[]]>([
    ['streams of their own', [{ stream: 'a' }, { stream: 'b' }, { stream: 'a', tenant: 'u' }], [0, 1, 2]],
    ['one stream, any version', [{ stream: 'a' }, { stream: 'a' }], [0, 1]],
    ['one stream, the second at a version', [{ stream: 'a' }, { stream: 'a', expected: 1 }], [0]],
    ['one stream, the first at a version', [{ stream: 'a', expected: 1 }, { stream: 'a' }], [0]],
    [
      'one stream, two types',
      [
        { stream: 'a', type: 'x' },
        { stream: 'a', type: 'y' },
      ],
      [0],
    ],
    ['one stream, a type and none', [{ stream: 'a', type: 'x' }, { stream: 'a' }], [0]],
    [
      'one key',
      [
        { stream: 'a', key: 'k' },
        { stream: 'b', key: 'k' },
      ],
      [0],
    ],
    [
      'one key of two tenants',
      [
        { stream: 'a', key: 'k' },
        { stream: 'b', key: 'k', tenant: 'u' },
      ],
      [0, 1],
    ],
    [
      'nobody overtakes one that waits',
      [{ stream: 'a' }, { stream: 'a', expected: 1 }, { stream: 'a' }, { stream: 'b' }],
      [0, 3],
    ],
    [
      'bytes above the bound',
      [{ stream: 'a', bytes: 1_000_000 }, { stream: 'b', bytes: 60_000 }, { stream: 'c' }],
      [0, 2],
    ],
    ['a first one above the bound', [{ stream: 'a', bytes: 2_000_000 }, { stream: 'b' }], [0]],
  ])('%s', (_what, given, expected) => {
    expect(goes(given)).toEqual(expected)
  })

  it('leaves streams that are under way', () => {
    expect(goes([{ stream: 'a' }, { stream: 'b' }, { stream: 'a' }], ['t/a'])).toEqual([1])
    expect(goes([{ stream: 'a' }], ['t/a'])).toEqual([])
  })

  it('takes turns between tenants where not all can go, so that a flood delays nobody else', () => {
    const flood = Array.from({ length: 200 }, (_, index) => ({ stream: `s-${index}`, tenant: 'flood' }))
    const others = ['t', 'u'].map((tenant) => ({ stream: 'a', tenant }))
    const batch = goes([...flood, ...others])
    expect(batch).toEqual([...Array.from({ length: 62 }, (_, index) => index), 200, 201])
    const large = { stream: 'x', tenant: 'flood', bytes: 500_000 }
    expect(goes([large, { ...large, stream: 'y' }, { ...large, stream: 'z' }, ...others])).toEqual([
      0, 1, 3, 4,
    ])
  })

  it('takes 64 at the most, the first ones', () => {
    const given = Array.from({ length: 70 }, (_, index) => ({ stream: `s-${index}` }))
    expect(goes(given)).toEqual(Array.from({ length: 64 }, (_, index) => index))
  })
})
