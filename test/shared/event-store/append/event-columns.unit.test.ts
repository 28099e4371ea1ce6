import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const repository = new URL('../../../../', import.meta.url)
const textOf = (path: string): string => readFileSync(new URL(path, repository), 'utf8')

/** Columns that the database fills: the place in the log, and one that nothing writes yet. */
const FILLED_BY_DATABASE = ['xid', 'position', 'subject_key']

/** What a function leaves null on purpose. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  // A line of an import names its trace parent; it has no state of the trace.
  'import_lines.sql': ['trace_state'],
}

/** The columns of every statement that writes events, by the file of its function. */
function insertsOf(folder: string): Record<string, string[][]> {
  const found = readdirSync(new URL(folder, repository)).flatMap((file): [string, string[][]][] => {
    const lists = [
      ...textOf(`${folder}${file}`).matchAll(/insert into trickle_events_log\.events \(([^)]+)\)/g),
    ]
    return lists.length === 0 ? [] : [[file, lists.map(([, list = '']) => list.split(/[\s,]+/))]]
  })
  return Object.fromEntries(found)
}

function columnsOfTable(): string[] {
  const [, body = ''] =
    /create table trickle_events_log\.events \(\n([\s\S]*?)\n\)/.exec(textOf('database/schema.sql')) ?? []
  return body
    .split('\n')
    .map((line) => line.trim().split(' ')[0] ?? '')
    .filter((name) => name !== 'constraint')
    .map((name) => name.replaceAll('"', ''))
}

describe('the statements that write events', () => {
  const inserts = insertsOf('shared/event-store/sql/')

  it('are four: one event or more of a stream, several streams, a batch, an import', () => {
    expect(Object.keys(inserts)).toEqual([
      'append.sql',
      'append_batch.sql',
      'import_lines.sql',
      'write_events.sql',
    ])
  })

  it('name every column of the table, so that a new column is not forgotten in one of them', () => {
    const columns = columnsOfTable()
    expect(columns).toContain('causation_id')
    for (const [file, lists] of Object.entries(inserts)) {
      const missing = [...FILLED_BY_DATABASE, ...(leftOut[file] ?? [])]
      const wanted = columns.filter((name) => !missing.includes(name))
      for (const list of lists) expect([file, list.toSorted()]).toEqual([file, wanted.toSorted()])
    }
  })
})
