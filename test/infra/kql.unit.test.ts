import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { analyticsColumns } from '../../shared/adx/index.ts'
import { problemsOfScript } from '../support/kql-judge.ts'

const folder = new URL('../../infra/kql/', import.meta.url)
const TABLE = /\.create-merge table (\w+) (\([^)]*\))/g

/** What Kusto's parser objects to in a script whose own tables are known to it. */
function problemsOf(text: string): string[] {
  const tables = [...text.matchAll(TABLE)].map(([, name = '', schema = '']) => [name, schema])
  return problemsOfScript(text, Object.fromEntries(tables))
}

const mappingSchema = z.array(
  z.strictObject({ column: z.string(), Properties: z.strictObject({ Path: z.string().startsWith('$.') }) }),
)

describe('infra/kql', () => {
  it('is understood by Kusto, statement by statement', async () => {
    const files = (await readdir(folder)).filter((name) => name.endsWith('.kql'))
    expect(files).not.toEqual([])
    for (const file of files)
      expect([file, problemsOf(await readFile(new URL(file, folder), 'utf8'))]).toEqual([file, []])
  })

  it('is what the queries in docs/azure can ask', async () => {
    const pages = new URL('../../docs/azure/', import.meta.url)
    const tables = await readFile(new URL('010-events.kql', folder), 'utf8')
    const queries: string[] = []
    for (const page of await readdir(pages)) {
      const text = await readFile(new URL(page, pages), 'utf8')
      queries.push(...[...text.matchAll(/```kql\n([\s\S]*?)```/g)].map(([, query = '']) => query))
    }
    expect(queries).not.toEqual([])
    for (const query of queries) expect([query, problemsOf(`${tables}\n${query}`)]).toEqual([query, []])
  })

  it('would be told where it is wrong', () => {
    const table = '.create-merge table T (A:string)\n\n'
    expect(problemsOf(`${table}T | where B == 'x'`)).not.toEqual([])
    expect(
      problemsOf(`${table}.alter-merge table T policy extent_tags_retention \`\`\`[]\`\`\``),
    ).not.toEqual([])
  })

  it('maps every column of the table, each from the member of its name, and has those that are forwarded', async () => {
    const text = await readFile(new URL('010-events.kql', folder), 'utf8')
    const declared = (/EventsRaw \(([^)]*)\)/.exec(text)?.[1] ?? '').split(',').map((column) => column.trim())
    expect(declared.toSorted()).toEqual(
      analyticsColumns.map(({ name, type }) => `${name}:${type}`).toSorted(),
    )
    const columns = declared.map((column) => column.split(':')[0])
    const mapping = mappingSchema.parse(JSON.parse(/"EventsJson"\s*```([\s\S]*?)```/.exec(text)?.[1] ?? ''))
    expect(mapping.map(({ column }) => column)).toEqual(columns)
    expect(mapping.every(({ column, Properties }) => Properties.Path === `$.${column}`)).toBe(true)
  })
})
