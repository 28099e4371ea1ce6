import { beforeAll, expect, it } from 'vitest'
import type { StreamPage, StreamQuery } from '../../../../../shared/event-store/index.ts'
import { appendOf, versionsOf } from '../../support.ts'
import { sharedTenant } from '../subject.ts'
import type { Subject } from '../subject.ts'
import { range } from './stream-reads.ts'

export function streamFilters(subject: Subject): void {
  const acme = sharedTenant(subject)
  /** Version n has the type Odd or Even, but 7 is Rare. */
  beforeAll(() => {
    const events = range(1, 12).map((n) => ({
      type: n === 7 ? 'Rare' : n % 2 === 0 ? 'Even' : 'Odd',
      data: n,
    }))
    return subject.store.append(acme(), appendOf('twelve', { events }))
  })
  const read = (query: Partial<StreamQuery> = {}): Promise<StreamPage> =>
    subject.store.readStream(acme(), { streamId: 'twelve', backward: false, limit: 100, ...query })

  it.each<[string, Partial<StreamQuery>, number[]]>([
    ['to a version, inclusive', { to: 3 }, [1, 2, 3]],
    ['between two', { from: 4, to: 6 }, [4, 5, 6]],
    ['of one version', { from: 4, to: 4 }, [4]],
    ['to beyond the end', { from: 11, to: 99 }, [11, 12]],
    ['of nothing, where from is above to', { from: 5, to: 4 }, []],
    ['backward down to a version, inclusive', { backward: true, to: 10 }, [12, 11, 10]],
    ['backward between two', { backward: true, from: 6, to: 4 }, [6, 5, 4]],
    ['backward of nothing', { backward: true, from: 4, to: 5 }, []],
    ['backward down to before the beginning', { backward: true, from: 2, to: 0 }, [2, 1]],
    ['of one type', { types: ['Even'] }, [2, 4, 6, 8, 10, 12]],
    ['of two types', { types: ['Even', 'Rare'] }, [2, 4, 6, 7, 8, 10, 12]],
    ['of a type that is not there', { types: ['Never'] }, []],
    ['of no type', { types: [] }, []],
    ['of a type, backward', { backward: true, types: ['Odd'] }, [11, 9, 5, 3, 1]],
    ['of a type between two', { types: ['Odd'], from: 3, to: 9 }, [3, 5, 9]],
  ])('a read %s', async (_what, query, versions) => {
    const page = await read(query)
    expect(versionsOf(page.events)).toEqual(versions)
    expect(page).toMatchObject({ streamVersion: 12, next: null })
  })

  it.each<[string, Partial<StreamQuery>, number[]]>([
    ['forward', { to: 8 }, range(1, 8)],
    ['backward', { backward: true, to: 5 }, range(12, 5)],
    ['of a type', { types: ['Even'] }, [2, 4, 6, 8, 10, 12]],
    ['of a type, backward', { types: ['Odd'], backward: true, from: 10, to: 2 }, [9, 5, 3]],
  ])('pages %s lead to all of it and to no more', async (_what, query, versions) => {
    const found: number[] = []
    let from: number | null | undefined = query.from
    for (let pages = 0; from !== null; pages += 1) {
      expect(pages).toBeLessThan(20)
      const page: StreamPage = await read({ ...query, ...(from === undefined ? {} : { from }), limit: 2 })
      expect(page.events.length).toBeLessThanOrEqual(2)
      found.push(...versionsOf(page.events))
      from = page.next
    }
    expect(found).toEqual(versions)
  })
}
