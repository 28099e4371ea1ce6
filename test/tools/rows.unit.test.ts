import { describe, expect, it } from 'vitest'
import { checkRows, placesOf } from '../../tools/rows.ts'

const BY_NAME = 'a row is read by the names of its columns'
const NAMES_COLUMNS = 'a statement names its columns'
const IMPORT = "import { Database } from '../../shared/postgres/index.ts'\n"

describe('rows by name', () => {
  it('hold in the whole repository', async () => {
    expect(await checkRows()).toEqual([])
  })

  it.each([
    ["const text = 'select * from trickle_events_log.events'", NAMES_COLUMNS],
    ['const text = `SELECT\n  * from a`', NAMES_COLUMNS],
    ["const text = 'select e.* from a e'", NAMES_COLUMNS],
    ["const text = 'insert into a (b) values ($1) returning *'", NAMES_COLUMNS],
    ['const version = row[2]', BY_NAME],
    ['const version = row?.[VERSION]', BY_NAME],
    ['const last = row.at(-2)', BY_NAME],
    ['const last = row?.at(-2)', BY_NAME],
    ['const first = rows[0]?.[0]', BY_NAME],
    ['const first = rows.at(-1)?.[0]', BY_NAME],
    ["client.query({ text, rowMode: 'array' })", 'rows have names'],
  ])('are missed by %j', (text, rule) => {
    expect(placesOf('shared/events/read.ts', `// first line\n${text}\n`)).toEqual([
      expect.objectContaining({ file: 'shared/events/read.ts', line: 2, rule }),
    ])
    expect(placesOf('bench/stage/feed.ts', IMPORT + text)).toHaveLength(1)
  })

  it.each([
    "const text = 'select count(*) as events from a'",
    "const text = 'select e.version * 2 as double from a e'",
    'const [row] = rows',
    'const first = rows[0]?.version',
    'const last = rows.at(-1)',
    'const arrow = [1]',
  ])('are kept by %j', (text) => {
    expect(placesOf('shared/events/read.ts', text)).toEqual([])
  })

  it('are no matter of a file that does not work with the database', () => {
    expect(placesOf('cli/import/read-csv.ts', 'const first = row[0]')).toEqual([])
  })
})
