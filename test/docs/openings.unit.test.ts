import { readFileSync, globSync } from 'node:fs'
import { expect, it } from 'vitest'

const repository = new URL('../../', import.meta.url).pathname

/** Of how it works inside. A reader meets them after what a page is for. */
const INSIDE =
  /\b(advisory|locks?|xid|horizon|fence|lease|snapshot|stripes?|transaction ids?|plpgsql|fsync)\b/gi

/** What stands between the title of a page and its first blank line after that. */
const openingOf = (page: string): string => page.replace(/^# .+\n+/, '').split(/\n\n/)[0] ?? ''

it('every page opens with what it is for, and not with how it works inside', () => {
  const pages = globSync('{README.md,docs/**/*.md,examples/**/*.md}', { cwd: repository })
  expect(pages.length).toBeGreaterThan(40)
  const inside = pages.flatMap((page) =>
    (openingOf(readFileSync(`${repository}${page}`, 'utf8')).match(INSIDE) ?? []).map(
      (word) => `${page}: ${word}`,
    ),
  )
  expect(inside).toEqual([])
})

it('notices a page that does not', () => {
  const page = '# Append\n\nOne call takes the advisory lock of every stream.\n\nThen it writes.\n'
  expect(openingOf(page).match(INSIDE)).toEqual(['advisory', 'lock'])
})
