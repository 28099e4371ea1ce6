import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const repository = new URL('../../', import.meta.url)
const text = await readFile(new URL('docs/requirements.md', repository), 'utf8')
const rows = [...text.matchAll(/^\| ([A-E]\d+) \|(.*)\|$/gm)].map(([, id = '', rest = '']) => {
  const [demand = '', verdict = '', remark = '', shownBy = ''] = rest.split(' | ').map((cell) => cell.trim())
  return {
    id,
    demand,
    verdict,
    remark,
    tests: [...shownBy.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  }
})

/** How many demands each system has. */
const counts = { A: 13, B: 24, C: 13, D: 21, E: 15 }

describe('docs/requirements.md', () => {
  it('has every demand once, in order', () => {
    const expected = Object.entries(counts).flatMap(([system, count]) =>
      Array.from({ length: count }, (_, n) => `${system}${n + 1}`),
    )
    expect(rows.map(({ id }) => id)).toEqual(expected)
  })

  it('gives each a verdict that is known', () => {
    const unknown = rows.filter(({ verdict }) => !/^(built|planned|replaced: .+|refused: .+)$/.test(verdict))
    expect(unknown).toEqual([])
  })

  it('shows what is built or replaced by a test that exists', () => {
    const unshown = rows.filter(
      ({ verdict, tests }) => /^(built|replaced)/.test(verdict) && tests.length === 0,
    )
    const missing = rows.flatMap(({ id, tests }) =>
      tests.filter((name) => !existsSync(new URL(name, repository))).map((name) => `${id}: ${name}`),
    )
    expect({ unshown, missing }).toEqual({ unshown: [], missing: [] })
  })
})
