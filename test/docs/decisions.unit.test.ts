import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { POSTGRES_VERSION_MIN } from '../../database/index.ts'

const repository = new URL('../../', import.meta.url)
const textOf = (file: string): Promise<string> => readFile(new URL(file, repository), 'utf8')

const pageNames = {
  A: 'operational-state',
  B: 'event-store',
  C: 'command-store',
  D: 'bookings',
  E: 'prompt-cards',
} as const

/** What a decision is called, for each verdict of docs/requirements.md. */
const wordOf = { built: 'Kept', replaced: 'Replaced', refused: 'Refused', planned: 'Open' } as const

const requirements = [
  ...(await textOf('docs/requirements.md')).matchAll(/^\| ([A-E]\d+) \| (.+?) \| (\w+).*?$/gm),
].map(([row, id = '', demand = '', verdict = '']) => ({
  row,
  id,
  demand,
  word: wordOf[verdict as keyof typeof wordOf],
}))
const isOtherwise = (word: string): boolean => word === 'Replaced' || word === 'Refused'

interface Decision {
  readonly id: string
  readonly heading: string
  readonly text: string
}

/** The decisions that have a section of their own, and the numbers that a page only lists, by the word before them. */
function readPage(page: string): { decisions: Decision[]; listed: Record<string, string[]> } {
  const sections = page.split(/^## /m).slice(1)
  const decisions = sections.flatMap((text): Decision[] => {
    const [heading = ''] = text.split('\n')
    const id = /^([A-E]\d+)\. /.exec(heading)?.[1]
    return id === undefined ? [] : [{ id, heading, text }]
  })
  const others = sections.find((text) => text.startsWith('The others')) ?? ''
  const listed = Object.fromEntries(
    [...others.matchAll(/^(Kept|Open)[^:]*: ([A-E0-9, ]+)/gm)].map(([, word = '', ids = '']) => [
      word,
      ids.match(/[A-E]\d+/g) ?? [],
    ]),
  )
  return { decisions, listed }
}

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

describe.each(Object.entries(pageNames))('the decisions of record %s', async (record, name) => {
  const page = readPage(await textOf(`docs/decisions/${name}.md`))
  const demands = requirements.filter(({ id }) => id.startsWith(record))

  it('have every number of the record once', () => {
    const ids = [...page.decisions.map(({ id }) => id), ...Object.values(page.listed).flat()]
    expect(ids.toSorted()).toEqual(demands.map(({ id }) => id).toSorted())
  })

  it('quote the demand, say its verdict, and give why and what it means', () => {
    const said = page.decisions.map(({ id, text }) => {
      const [, quote, decided] =
        /\n\n> (.+)\n\n\*\*(\w+)\*\*[^]+\n- \*\*Why\*\*: [^]+\n- \*\*For you\*\*: /.exec(text) ?? []
      return { id, demand: quote, word: decided }
    })
    const asked = page.decisions.map(({ id }) => demands.find((one) => one.id === id))
    expect(said).toEqual(asked.map((one) => ({ id: one?.id, demand: one?.demand, word: one?.word })))
  })

  it('list as kept or open what is so, and nothing that was replaced or refused', () => {
    const listed = Object.entries(page.listed).flatMap(([word, ids]) => ids.map((id) => [id, word]))
    const words = Object.fromEntries(demands.map(({ id, word }) => [id, word]))
    expect(listed).toEqual(listed.map(([id = '']) => [id, words[id]]))
  })

  it('show by a test or a page what was kept or done otherwise', () => {
    const unshown = page.decisions.filter(
      ({ text }) => !text.includes('**Open**') && !/\]\([^)]+\)/.test(text.split('**Why**')[1] ?? ''),
    )
    expect(unshown).toEqual([])
  })
})

describe('what was replaced or refused', async () => {
  const index = await textOf('docs/decisions/README.md')
  const otherwise = requirements.filter(({ word }) => isOtherwise(word))

  it('is led to from its row of docs/requirements.md, and from the index', async () => {
    const targets = new Map<string, string>()
    for (const name of Object.values(pageNames)) {
      const { decisions } = readPage(await textOf(`docs/decisions/${name}.md`))
      for (const { id, heading } of decisions) targets.set(id, `${name}.md#${anchorOf(heading)}`)
    }
    const astray = otherwise.filter(
      ({ id, row }) =>
        !row.includes(`[decided](decisions/${targets.get(id)})`) ||
        !index.includes(`[${id}](${targets.get(id)})`),
    )
    expect(astray).toEqual([])
  })

  it('is all that the index has', () => {
    const listed = [...index.matchAll(/^\| \[([A-E]\d+)\]/gm)].map(([, id]) => id)
    expect(listed).toEqual(otherwise.map(({ id }) => id))
  })
})

describe('the reasons for the floor of PostgreSQL', () => {
  it('are still there: without them the floor could be lower, and the page would be wrong', async () => {
    const page = await textOf('docs/decisions/bookings.md')
    expect(page).toContain(`**Replaced**: ${POSTGRES_VERSION_MIN} or later.`)
    expect(await textOf('database/roles.sql')).toMatch(/^alter role trickle_app set transaction_timeout = /m)
    expect(await textOf('shared/event-store/sql/event_json.sql')).toContain('json_scalar(')
  })
})

it('every file that is named in a sentence of these pages is there', async () => {
  const pages = await Promise.all(Object.values(pageNames).map((name) => textOf(`docs/decisions/${name}.md`)))
  const named = [...pages.join('\n').matchAll(/`((?:database|infra|shared)\/[\w./-]+)`/g)].map(
    ([, path = '']) => path,
  )
  expect(named.filter((path) => !existsSync(new URL(path, repository)))).toEqual([])
})
