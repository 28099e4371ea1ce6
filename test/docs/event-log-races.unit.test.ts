import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const repository = new URL('../../', import.meta.url)
const page = await readFile(new URL('docs/event-log-races.md', repository), 'utf8')

/** Cells of the page that name a test: `file`: title. */
const named = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .flatMap((line) => line.slice(1, -1).split(' | '))
  .flatMap((cell) => {
    const [, file, title] = /^\s*`([^`]+\.test\.ts)`: (.+?)\s*$/.exec(cell) ?? []
    return file === undefined || title === undefined ? [] : [{ file, title }]
  })

/** A title ends where its quotes end; a test of a table of cases has its values in front. */
const holdsTitle = (code: string, title: string): boolean =>
  ["'", '"', '`'].some((quote) => code.includes(`${title}${quote}`))

describe('docs/event-log-races.md', () => {
  it('names only tests that exist', async () => {
    const missing: string[] = []
    for (const { file, title } of named) {
      const code = await readFile(new URL(`test/shared/event-store/${file}`, repository), 'utf8').catch(
        () => '',
      )
      if (!holdsTitle(code, title)) missing.push(`${file}: ${title}`)
    }
    expect(missing).toEqual([])
  })

  it('gives every race a test with its guard and one without', () => {
    const races = [
      ...page.matchAll(/^\| (?!Race|-|What)([^|]+) \| [^|]+ \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm),
    ]
    expect(races.length).toBeGreaterThanOrEqual(24)
    const without = races.filter(
      ([, , forced = '', broken = '']) => !forced.includes('.test.ts`: ') || !broken.includes('.test.ts`: '),
    )
    expect(without.map(([, race]) => race)).toEqual([])
    expect(named.length).toBeGreaterThanOrEqual(2 * races.length)
  })

  it('names every forced race of the folder', async () => {
    const titles = await Promise.all(
      ['append', 'feed', 'batch'].map(async (kind) => {
        const file = `races/${kind}-races.fault.test.ts`
        const code = await readFile(new URL(`test/shared/event-store/${file}`, repository), 'utf8')
        return [...code.matchAll(/\bit(?:\.each\([^)]*\))?\(\s*'([^']+)'/g)].map(([, title = '']) => title)
      }),
    )
    expect(titles.flat().length).toBeGreaterThanOrEqual(30)
    const unnamed = titles.flat().filter((title) => !named.some((test) => title.endsWith(test.title)))
    expect(unnamed).toEqual([])
  })
})
