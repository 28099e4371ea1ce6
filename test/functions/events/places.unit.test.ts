import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asBulkWork, holderOf, type GiveBack, type NoPlace } from '../../../functions/events/places.ts'
import type { Caller } from '../../../shared/http/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { freePlaces, placesOf } from './places-of.ts'

describe('places', () => {
  it('are given back once, however often that is asked for', () => {
    const places = placesOf(1)
    const giveBack = places.take('acme')
    if (typeof giveBack === 'string') throw new Error(giveBack)
    expect(places.take('acme')).toBe('share held')
    giveBack()
    giveBack()
    expect(freePlaces(places, 'acme', 'other')).toBe(1)
  })

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [7, 4],
    [8, 4],
  ])('of a class of %i: one holder has %i at the most, and the others are left', (max, share) => {
    const places = placesOf(max)
    const answers = Array.from({ length: max + 1 }, () => places.take('acme'))
    expect(answers.filter((one) => typeof one === 'function')).toHaveLength(share)
    expect(new Set(answers.slice(share))).toEqual(new Set(['share held']))
    expect(freePlaces(places, ...Array.from({ length: max }, (_, index) => `tenant-${index}`))).toBe(
      max - share,
    )
  })

  it('of a class without places are refused as taken: no share of nothing is held', () => {
    expect(placesOf(0).take('acme')).toBe('all taken')
  })

  it('tell a refused holder what its share is and when to come back', () => {
    const places = placesOf(4)
    places.take('acme')
    places.take('acme')
    expect(() => places.takeOrRefuse('acme', 'BULK_WORK_FULL')).toThrow(
      expect.objectContaining({
        code: 'TENANT_SHARE_HELD',
        status: 429,
        retryable: true,
        headers: { 'Retry-After': '2' },
        detail:
          'An instance serves 4 long requests at a time, 2 of them for one tenant, and yours has these. Try again.',
      }),
    )
    places.take('other')
    places.take('other')
    expect(() => places.takeOrRefuse('third', 'BULK_WORK_FULL')).toThrow(
      expect.objectContaining({ code: 'BULK_WORK_FULL', status: 503, headers: { 'Retry-After': '2' } }),
    )
  })

  it('count to the tenant, whoever calls for it, and to all operators together', () => {
    const tenant = { tenantId: 'one' } as TenantContext
    const known = { issuer: 'https://issuer.example', application: null, roles: new Set<never>() }
    const callers: Caller<TenantContext>[] = [
      { kind: 'tenant', subject: 'ada', ...known, tenant },
      { kind: 'tenant', subject: 'bob', ...known, tenant },
      { kind: 'operator', subject: 'ada', ...known },
      { kind: 'operator', subject: 'bob', ...known },
    ]
    expect(callers.map(holderOf)).toEqual(['one', 'one', 'operators', 'operators'])
  })

  it('hold in every order of taking and giving back: never more than half a holder, never more than all, none lost', () => {
    const step = fc.record({
      holder: fc.integer({ min: 0, max: 4 }),
      isTaking: fc.boolean(),
      which: fc.nat(),
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
        const places = placesOf(max)
        const held: { readonly holder: number; readonly giveBack: GiveBack }[] = []
        for (const { holder, isTaking, which } of steps) {
          if (!isTaking) {
            held.splice(held.length === 0 ? 0 : which % held.length, 1)[0]?.giveBack()
            continue
          }
          const ofHolder = held.filter((one) => one.holder === holder).length
          const expected: NoPlace | 'place' =
            ofHolder >= Math.ceil(max / 2) ? 'share held' : held.length >= max ? 'all taken' : 'place'
          const taken = places.take(`tenant-${holder}`)
          expect(typeof taken === 'string' ? taken : 'place').toBe(expected)
          if (typeof taken === 'function') held.push({ holder, giveBack: taken })
        }
        for (const { giveBack } of held) giveBack()
        expect(freePlaces(places, ...Array.from({ length: max + 1 }, (_, index) => `new-${index}`))).toBe(max)
      }),
    )
  })
})

describe('bulk work', () => {
  async function* linesThat(fail: boolean): AsyncGenerator<string> {
    yield 'first'
    if (fail) throw new Error('the database is gone')
    yield 'second'
  }

  it('takes its place with the first line, so that an answer nobody asks for holds none', async () => {
    const places = placesOf(1)
    const lines = asBulkWork(places, 'acme', linesThat(false))
    expect(freePlaces(places, 'other')).toBe(1)
    await lines.next()
    expect(freePlaces(places, 'other')).toBe(0)
    await lines.return(undefined)
    expect(freePlaces(places, 'other')).toBe(1)
  })

  it.each([false, true])('gives its place back at its end and at an error (%s)', async (fails) => {
    const places = placesOf(1)
    const seen: string[] = []
    const reading = (async () => {
      for await (const line of asBulkWork(places, 'acme', linesThat(fails))) seen.push(line)
    })()
    await reading.catch(() => undefined)
    expect(seen).toEqual(fails ? ['first'] : ['first', 'second'])
    expect(freePlaces(places, 'other')).toBe(1)
  })

  it('is refused before it reads anything', async () => {
    const places = placesOf(2)
    const first = asBulkWork(places, 'acme', linesThat(false))
    await first.next()
    let isRead = false
    const second = asBulkWork(
      places,
      'acme',
      (async function* () {
        isRead = true
        yield ''
      })(),
    )
    await expect(second.next()).rejects.toMatchObject({ code: 'TENANT_SHARE_HELD' })
    expect(isRead).toBe(false)
    expect((await asBulkWork(places, 'other', linesThat(false)).next()).value).toBe('first')
  })
})
