import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asBulkWork, holderOf } from '../../../functions/events/permits.ts'
import type { GiveBack, NoPermit } from '../../../functions/events/permits.ts'
import type { Caller } from '../../../shared/http/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { freePermits, permitsOf } from './permits-of.ts'

describe('permits', () => {
  it('are given back once, however often that is asked for', () => {
    const permits = permitsOf(1)
    const giveBack = permits.take('acme')
    if (typeof giveBack === 'string') throw new Error(giveBack)
    expect(permits.take('acme')).toBe('share held')
    giveBack()
    giveBack()
    expect(freePermits(permits, 'acme', 'other')).toBe(1)
  })

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [7, 4],
    [8, 4],
  ])('of a class of %i: one holder has %i at the most, and the others are left', (max, share) => {
    const permits = permitsOf(max)
    const answers = Array.from({ length: max + 1 }, () => permits.take('acme'))
    expect(answers.filter((one) => typeof one === 'function')).toHaveLength(share)
    expect(new Set(answers.slice(share))).toEqual(new Set(['share held']))
    expect(freePermits(permits, ...Array.from({ length: max }, (_, index) => `tenant-${index}`))).toBe(
      max - share,
    )
  })

  it('of a class without permits are refused as taken: no share of nothing is held', () => {
    expect(permitsOf(0).take('acme')).toBe('all taken')
  })

  it('tell a refused holder what its share is and when to come back', () => {
    const permits = permitsOf(4)
    permits.take('acme')
    permits.take('acme')
    expect(() => permits.takeOrRefuse('acme', 'BULK_WORK_FULL')).toThrow(
      expect.objectContaining({
        code: 'TENANT_SHARE_HELD',
        status: 429,
        retryable: true,
        headers: { 'Retry-After': '2' },
        detail:
          'An instance serves 4 long requests at a time, 2 of them for one tenant, and yours has these. Try again.',
      }),
    )
    permits.take('other')
    permits.take('other')
    expect(() => permits.takeOrRefuse('third', 'BULK_WORK_FULL')).toThrow(
      expect.objectContaining({ code: 'BULK_WORK_FULL', status: 503, headers: { 'Retry-After': '2' } }),
    )
  })

  it('count to the tenant, whichever caller acts for it, and to all operators together', () => {
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
        const permits = permitsOf(max)
        const held: { readonly holder: number; readonly giveBack: GiveBack }[] = []
        for (const { holder, isTaking, which } of steps) {
          if (!isTaking) {
            held.splice(held.length === 0 ? 0 : which % held.length, 1)[0]?.giveBack()
            continue
          }
          const ofHolder = held.filter((one) => one.holder === holder).length
          const expected: NoPermit | 'permit' =
            ofHolder >= Math.ceil(max / 2) ? 'share held' : held.length >= max ? 'all taken' : 'permit'
          const taken = permits.take(`tenant-${holder}`)
          expect(typeof taken === 'string' ? taken : 'permit').toBe(expected)
          if (typeof taken === 'function') held.push({ holder, giveBack: taken })
        }
        for (const { giveBack } of held) giveBack()
        expect(freePermits(permits, ...Array.from({ length: max + 1 }, (_, index) => `new-${index}`))).toBe(
          max,
        )
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

  it('takes its permit with the first line, so that an answer nobody asks for holds none', async () => {
    const permits = permitsOf(1)
    const lines = asBulkWork(permits, 'acme', linesThat(false))
    expect(freePermits(permits, 'other')).toBe(1)
    await lines.next()
    expect(freePermits(permits, 'other')).toBe(0)
    await lines.return(undefined)
    expect(freePermits(permits, 'other')).toBe(1)
  })

  it.each([false, true])('gives its permit back at its end and at an error (%s)', async (fails) => {
    const permits = permitsOf(1)
    const seen: string[] = []
    const reading = (async () => {
      for await (const line of asBulkWork(permits, 'acme', linesThat(fails))) seen.push(line)
    })()
    await reading.catch(() => undefined)
    expect(seen).toEqual(fails ? ['first'] : ['first', 'second'])
    expect(freePermits(permits, 'other')).toBe(1)
  })

  it('is refused before it reads anything', async () => {
    const permits = permitsOf(2)
    const first = asBulkWork(permits, 'acme', linesThat(false))
    await first.next()
    let isRead = false
    const second = asBulkWork(
      permits,
      'acme',
      (async function* () {
        isRead = true
        yield ''
      })(),
    )
    await expect(second.next()).rejects.toMatchObject({ code: 'TENANT_SHARE_HELD' })
    expect(isRead).toBe(false)
    expect((await asBulkWork(permits, 'other', linesThat(false)).next()).value).toBe('first')
  })
})
