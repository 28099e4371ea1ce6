import { describe, expect, it } from 'vitest'
import { newEventId } from '../../../../shared/event-store/append/event-id.ts'

/** RFC 9562, appendix A.6: the example of a UUID of version 7, made at this time. */
const example = { atMs: 0x017f_22e2_79b0, begins: '017f22e2-79b0-7' }

describe('an id that we make for an event', () => {
  it('is a UUID of version 7 with the time in front', () => {
    const id = newEventId(example.atMs)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(id.startsWith(example.begins)).toBe(true)
  })

  it('sorts by the millisecond in which it was made, also where the time has more digits', () => {
    const times = [0, 1, 0xfff, 0x1000, example.atMs, example.atMs + 1, 2 ** 48 - 1]
    const ids = times.map((atMs) => newEventId(atMs))
    expect(ids.toSorted()).toEqual(ids)
  })

  it('differs from all others of the same millisecond in 74 random bits', () => {
    const ids = Array.from({ length: 10_000 }, () => newEventId(example.atMs).replaceAll('-', ''))
    expect(new Set(ids).size).toBe(ids.length)
    // Each digit after the version takes all its values: none of them is a constant.
    for (let place = 13; place < 32; place += 1)
      expect(new Set(ids.map((id) => id[place])).size).toBe(place === 16 ? 4 : 16)
  })
})
