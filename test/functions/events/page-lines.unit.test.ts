import { afterEach, describe, expect, it, vi } from 'vitest'
import { EVENT_STREAM_TYPE, feedForm, JSON_TYPE, NDJSON_TYPE } from '../../../functions/events/answer-form.ts'
import { pageLines } from '../../../functions/events/page-lines.ts'
import type { LinePage } from '../../../functions/events/page-lines.ts'
import { EventTexts, noEvents } from '../../../shared/event-store/index.ts'
import { readLimits } from '../../../functions/events/read-limits.ts'

afterEach(() => {
  vi.useRealTimers()
})

interface Read {
  readonly lines: string[]
  readonly cursors: (number | undefined)[]
}

async function readAll(
  pages: (cursor: number | undefined, limit: number) => LinePage<number>,
  options: { limit?: number; checkAgain?: () => Promise<void> } = {},
): Promise<Read> {
  const cursors: (number | undefined)[] = []
  const lines: string[] = []
  const text = pageLines<number | undefined>({
    async read(cursor, limit) {
      cursors.push(cursor)
      return pages(cursor, limit)
    },
    from: undefined,
    limit: options.limit,
    checkAgain: options.checkAgain ?? (async () => undefined),
  })
  for await (const chunk of text) lines.push(...chunk.split('\n'))
  return { lines, cursors }
}

describe('pages as lines', () => {
  it('end where a stream ends', async () => {
    const { lines, cursors } = await readAll((cursor = 1) => ({
      texts: EventTexts.of([`${cursor}`]),
      next: cursor < 3 ? cursor + 1 : null,
    }))
    expect([lines, cursors]).toEqual([
      ['1', '2', '3', '{"next":null}'],
      [undefined, 2, 3],
    ])
  })

  it('of a feed end where it neither gives anything nor moves; an empty page that moves is passed over', async () => {
    const { lines, cursors } = await readAll((cursor = 0) => ({
      texts: noEvents,
      next: Math.min(cursor + 1, 2),
    }))
    expect([lines, cursors]).toEqual([['{"next":2}'], [undefined, 1, 2]])
  })

  it('ask for no more than what is left of the limit', async () => {
    const limits: number[] = []
    const { lines } = await readAll(
      (cursor = 0, limit) => {
        limits.push(limit)
        return { texts: EventTexts.of(Array.from({ length: limit }, () => '{}')), next: cursor + limit }
      },
      { limit: 2_500 },
    )
    expect(limits).toEqual([1_000, 1_000, 500])
    expect([lines.length, lines.at(-1)]).toEqual([2_501, '{"next":2500}'])
  })

  it('end at their bytes with where to go on', async () => {
    const event = `"${'x'.repeat(1_048_574)}"`
    const { lines } = await readAll((cursor = 0) => ({
      texts: EventTexts.of(Array.from({ length: 8 }, () => event)),
      next: cursor + 8,
    }))
    expect(lines.length - 1).toBe(readLimits.streamedBytesMax / 1_048_576)
    expect(lines.at(-1)).toBe(`{"next":${lines.length - 1}}`)
  })

  it('end at their time with where to go on', async () => {
    vi.useFakeTimers()
    const { lines } = await readAll((cursor = 0) => {
      vi.advanceTimersByTime(readLimits.streamedMs / 3)
      return { texts: EventTexts.of(['{}']), next: cursor + 1 }
    })
    expect(lines).toEqual(['{}', '{}', '{}', '{"next":3}'])
  })

  it('check before each page but the first whether the caller may go on', async () => {
    let checks = 0
    const checkAgain = async (): Promise<void> => {
      checks += 1
      if (checks === 2) throw new Error('suspended')
    }
    await expect(
      readAll((cursor = 0) => ({ texts: EventTexts.of(['{}']), next: cursor + 1 }), { checkAgain }),
    ).rejects.toThrow('suspended')
  })
})

describe('the form of a feed', () => {
  it.each([
    [null, JSON_TYPE],
    ['text/html', JSON_TYPE],
    [NDJSON_TYPE, NDJSON_TYPE],
    [`${EVENT_STREAM_TYPE}, */*;q=0.1`, JSON_TYPE],
  ])('without live feeds, for %o, is %s', (accept, form) => {
    expect(feedForm(accept, false)).toBe(form)
  })

  it('without live feeds refuses who takes nothing else, and says what to do', () => {
    expect(() => feedForm(EVENT_STREAM_TYPE, false)).toThrow(
      expect.objectContaining({ code: 'NOT_ACCEPTABLE', detail: expect.stringContaining('wait') as string }),
    )
    expect(feedForm(EVENT_STREAM_TYPE, true)).toBe(EVENT_STREAM_TYPE)
    expect(feedForm(`${EVENT_STREAM_TYPE}, */*;q=0.1`, true)).toBe(EVENT_STREAM_TYPE)
  })
})
