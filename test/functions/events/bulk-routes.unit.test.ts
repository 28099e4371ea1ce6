import { afterEach, describe, expect, it, vi } from 'vitest'
import { readLimits } from '../../../functions/events/read-limits.ts'
import { TrickleError } from '../../../shared/errors/index.ts'
import { noEvents } from '../../../shared/event-store/index.ts'
import { uploadPace } from '../../../shared/http/index.ts'
import {
  startProduct,
  as,
  exportOf,
  line,
  importOf,
  problemOf,
  lastLine,
  freePermits,
} from './bulk-product.ts'

afterEach(() => {
  vi.useRealTimers()
})

const SHARE = Math.ceil(readLimits.bulkMax / 2)

describe('exports', () => {
  it('of one tenant have half of the permits; the next is 429 with Retry-After, and another tenant has the other half', async () => {
    const product = startProduct()
    const held = [await exportOf(product, 'acme'), await exportOf(product, 'acme')]
    expect([SHARE, held.map(({ status }) => status)]).toEqual([2, [200, 200]])
    const refused = await exportOf(product, 'acme')
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await problemOf(refused)).toEqual([429, 'TENANT_SHARE_HELD'])
    const others = [await exportOf(product, 'other'), await exportOf(product, 'other')]
    expect(others.map(({ status }) => status)).toEqual([200, 200])
    expect(await problemOf(await exportOf(product, 'third'))).toEqual([503, 'BULK_WORK_FULL'])
    for (const { body } of [...held, ...others]) await body?.cancel()
    expect(await freePermits(product)).toBe(readLimits.bulkMax)
  })

  it('count together with imports, of streams as of feeds', async () => {
    const product = startProduct()
    await exportOf(product, 'acme')
    const headers = { ...as('reader', 'acme'), accept: 'application/x-ndjson' }
    const stream = { path: '/api/streams/s/events', params: { streamId: 's' }, headers }
    expect((await product.begin('read-stream', stream)).status).toBe(200)
    const { answer } = importOf(product, as('writer', 'acme'))
    expect(await problemOf(await answer)).toEqual([429, 'TENANT_SHARE_HELD'])
    expect(await problemOf(await product.begin('read-stream', stream))).toEqual([429, 'TENANT_SHARE_HELD'])
  })

  it.each([1, 1_000])(
    'of %i events at the most are short requests: never refused, whole at once',
    async (limit) => {
      const product = startProduct()
      await exportOf(product, 'acme')
      await exportOf(product, 'acme')
      const answer = await exportOf(product, 'acme', `?limit=${limit}`)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
      expect(await answer.text()).toBe('{}\n{"next":"t"}\n')
      expect(await problemOf(await exportOf(product, 'acme', '?limit=1001'))).toEqual([
        429,
        'TENANT_SHARE_HELD',
      ])
    },
  )

  it('give their permit back when they end, fail, are left or refused, and an answer to HEAD takes none', async () => {
    const product = startProduct()
    const page = await product.readBulk()
    for (const [what, read] of [
      ['an error before the first line', () => Promise.reject(new TrickleError('EPOCH_ENDED', 'ended'))],
      ['a throw before the first line', () => Promise.reject(new TypeError('a defect'))],
      ['the end', async () => ({ texts: noEvents, streamVersion: 0, next: 'start' })],
    ] as const) {
      product.readBulk = read as typeof product.readBulk
      await (await exportOf(product, 'acme', '?after=start')).text()
      product.readBulk = async () => page
      expect([what, await freePermits(product)]).toEqual([what, readLimits.bulkMax])
    }
    const suspended = await exportOf(product, 'acme')
    product.suspended.add('acme')
    expect(lastLine(await suspended.text())).toMatchObject({ error: { code: 'TENANT_SUSPENDED' } })
    expect(await freePermits(product)).toBe(readLimits.bulkMax)
    const headers = { ...as('reader', 'other'), accept: 'application/x-ndjson' }
    await product.begin('read-feed', { method: 'HEAD', headers })
    expect(await freePermits(product)).toBe(readLimits.bulkMax)
  })

  it('give their permit back at their deadline, also when nobody reads them', async () => {
    vi.useFakeTimers()
    const product = startProduct()
    const page = await product.readBulk()
    await exportOf(product, 'acme')
    product.readBulk = () => new Promise((resolve) => setTimeout(resolve, 225_000, page))
    const hanging = exportOf(product, 'acme')
    await vi.advanceTimersByTimeAsync(220_000)
    expect(await problemOf(await hanging)).toEqual([504, 'DEADLINE_EXCEEDED'])
    // The page that hangs still has its connection; its permit is free when that has ended.
    await vi.advanceTimersByTimeAsync(5_000)
    product.readBulk = async () => page
    expect(await freePermits(product)).toBe(readLimits.bulkMax)
  })
})

describe('imports', () => {
  it.each(['acme', undefined])('of one caller (%s) have half of the permits', async (tenant) => {
    const product = startProduct()
    const headers = as(tenant === undefined ? 'operator' : 'writer', tenant)
    const held = [importOf(product, headers), importOf(product, headers)]
    const refused = await importOf(product, headers).answer
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await problemOf(refused)).toEqual([429, 'TENANT_SHARE_HELD'])
    for (const { send } of held) send(null)
    for (const { answer } of held) expect((await answer).status).toBe(200)
    expect(await freePermits(product)).toBe(readLimits.bulkMax)
  })

  it('that send too slowly end with what was done and where to go on, and give their permit back', async () => {
    vi.useFakeTimers()
    const product = startProduct()
    const { answer, send } = importOf(product, as('writer', 'acme'))
    send(line('a') + line('b'))
    for (let second = 0; second < uploadPace.withinMs / 1_000; second += 1) {
      send('\n')
      await vi.advanceTimersByTimeAsync(1_000)
    }
    const text = await (await answer).text()
    expect(text.split('\n').slice(0, 2)).toEqual([
      '{"line":1,"outcome":"appended"}',
      '{"line":2,"outcome":"appended"}',
    ])
    expect(lastLine(text)).toMatchObject({
      error: {
        code: 'UPLOAD_TOO_SLOW',
        status: 408,
        line: 3 + uploadPace.withinMs / 1_000,
        detail: expect.stringContaining('Go on with another request from line') as string,
      },
    })
    expect(product.written).toEqual([2])
    expect(await freePermits(product)).toBe(readLimits.bulkMax)
  })

  it('that send nothing that counts are answered 408', async () => {
    vi.useFakeTimers()
    const product = startProduct()
    const { answer } = importOf(product, as('writer', 'acme'))
    await vi.advanceTimersByTimeAsync(uploadPace.withinMs)
    expect(await problemOf(await answer)).toEqual([408, 'UPLOAD_TOO_SLOW'])
    expect(await freePermits(product)).toBe(readLimits.bulkMax)
  })

  it('end with their tenant, and what it sends after that is not written', async () => {
    const product = startProduct()
    const { answer, send } = importOf(product, as('writer', 'acme'))
    send(line('a').repeat(500))
    await vi.waitFor(() => expect(product.written).toEqual([500]))
    product.suspended.add('acme')
    send(line('b'))
    const text = await (await answer).text()
    expect(text.trimEnd().split('\n')).toHaveLength(501)
    expect(lastLine(text)).toMatchObject({ error: { code: 'TENANT_SUSPENDED' } })
    expect(product.written).toEqual([500])
    expect(await freePermits(product)).toBe(readLimits.bulkMax)
  })

  it('give their permit back when the client goes, and when nobody reads their answer', async () => {
    const product = startProduct()
    const gone = importOf(product, as('writer', 'acme'))
    gone.send(line('a'))
    gone.send(new Error('the connection was lost'))
    await (await gone.answer).text()
    expect(await freePermits(product)).toBe(readLimits.bulkMax)
    const unread = importOf(product, as('writer', 'acme'))
    unread.send(line('a').repeat(500))
    unread.send(line('b').repeat(500))
    await (await unread.answer).body?.cancel()
    unread.send(null)
    await vi.waitFor(async () => expect(await freePermits(product)).toBe(readLimits.bulkMax))
  })

  it('of too many lines tell the outcome of each line that was taken', async () => {
    const product = startProduct()
    const { answer, send } = importOf(product, as('writer', 'acme'))
    send('\n'.repeat(99_997) + line('a').repeat(4))
    send(null)
    const lines = (await (await answer).text()).trimEnd().split('\n')
    expect(lines.slice(0, -1).map((text) => (JSON.parse(text) as { line: number }).line)).toEqual([
      99_998, 99_999, 100_000,
    ])
    expect(lastLine(lines.join('\n'))).toMatchObject({ error: { code: 'BODY_TOO_LARGE', line: 100_001 } })
  })
})
